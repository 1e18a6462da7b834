"""The label that the courier hook's answer carries: one small page that says invoice and consignment.

Whether Khaos takes an answer without a label is not published (reference 1.3), and the warehouse has labelled the goods
already: this one is for the file, so a PDF by hand (PDF 1.4, one standard font, one page) is enough.
"""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT = 298, 210  # points: A7 on its side
MARGIN, SIZE, LINE = 20, 11, 18


def write_label(lines: Sequence[str]) -> bytes:
    """A PDF of one page with these lines; the same bytes for the same lines."""
    content = b"\n".join(
        (f"BT /F1 {SIZE} Tf {MARGIN} {HEIGHT - MARGIN - LINE} Td {LINE} TL".encode(), *map(_shown, lines), b"ET")
    )
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents 4 0 R"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"{page} /Resources << /Font << /F1 5 0 R >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def _shown(line: str) -> bytes:
    """A line as a string of a content stream; what the font lacks is a question mark."""
    text = line.encode("cp1252", errors="replace")
    for sign in (b"\\", b"(", b")"):
        text = text.replace(sign, b"\\" + sign)
    return b"(" + text.replace(b"\r", b" ").replace(b"\n", b" ") + b") ' "
