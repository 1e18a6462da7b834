// Keys of the desk: "/" goes to the search field, "j" and "k" to the next and the previous row of a list, "?" shows them.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  if (event.key === "/") {
    const field = document.getElementById("q");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
  } else if (event.key === "?") {
    const help = document.getElementById("help");
    if (help && !help.open) help.showModal();
  } else if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll("main tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);
    const now = document.activeElement ? links.findIndex((link) => link.closest("tr").contains(document.activeElement)) : -1;
    const next = event.key === "j" ? Math.min(now + 1, links.length - 1) : Math.max(now - 1, 0);
    if (links[next]) links[next].focus();
  }
});
