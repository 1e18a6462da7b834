"""The desk's one stylesheet, inline: light and dark after the reader's own setting, and nothing fetched."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #586374; --line: #d9dee6; --paper: #f6f7f9; --card: #fff;
  --link: #0b57a4; --good: #14633a; --good-bg: #dff3e7; --bad: #a11219; --bad-bg: #fbe3e4; --warn: #7a4b00;
  --warn-bg: #fdefd3; --head: #16324f; --head-ink: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #a3afbf; --line: #35404f; --paper: #12171e;
  --card: #1a212b; --link: #8cc2ff; --good: #8fe0b2; --good-bg: #123524; --bad: #ffaaad; --bad-bg: #451b1e;
  --warn: #f6cd85; --warn-bg: #3f2d0b; --head: #0d2238; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .4rem .8rem; z-index: 1; }
header { background: var(--head); color: var(--head-ink); padding: .7rem 1.5rem; display: flex; flex-wrap: wrap;
  gap: .6rem 1.6rem; align-items: center; }
header a { color: inherit; text-decoration: none; padding: .2rem 0; }
header a:hover { text-decoration: underline; }
header a[aria-current] { border-bottom: 2px solid currentColor; }
header strong { letter-spacing: .02em; }
header form { margin-left: auto; display: flex; gap: .5rem; align-items: center; }
main { max-width: 84rem; margin: 0 auto; padding: 1.2rem 1.5rem 3rem; }
h1 { font-size: 1.5rem; margin: .4rem 0 1rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  margin: 0 0 1.4rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .7rem .9rem .3rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .9rem; border-top: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; font-size: .86rem; white-space: nowrap; border-top: 0; }
tbody th { font-weight: 600; }
.number { text-align: right; }
.none, .soft { color: var(--soft); }
.mark { display: inline-block; padding: 0 .55rem; border-radius: 1rem; font-size: .88rem; font-weight: 600;
  white-space: nowrap; background: var(--line); }
.good { color: var(--good); background: var(--good-bg); }
.bad { color: var(--bad); background: var(--bad-bg); }
.warn { color: var(--warn); background: var(--warn-bg); }
.next { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--link); border-radius: 8px;
  padding: .8rem 1.1rem; margin: 0 0 1.4rem; }
.next p { margin: .2rem 0; }
code { font: .92em ui-monospace, monospace; background: var(--line); border-radius: 4px; padding: .05rem .35rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1.1rem; margin: 0 0 1.4rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
form.filter { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: end; margin: 0 0 1rem; }
label { font-size: .88rem; } header label { color: inherit; }
form.filter label { display: grid; gap: .15rem; color: var(--soft); }
input, select, button { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--soft);
  border-radius: 6px; padding: .25rem .6rem; }
button { cursor: pointer; }
footer { color: var(--soft); font-size: .88rem; padding: 0 1.5rem 2rem; max-width: 84rem; margin: 0 auto; }
"""
