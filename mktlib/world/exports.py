"""The world's numbers as platforms would export them: data/exports/. Dirt included, every figure a view of a table.

What the files look like follows real exports; encodings, preambles, totals and missing signs differ on purpose.
"""

from . import exports_ads, exports_web

FILES = {**exports_ads.FILES, **exports_web.FILES}


def write(life, folder):
    """Write all export files into `folder`; returns their names."""
    for name, make in FILES.items():
        (folder / name).write_bytes(make(life))
    return list(FILES)
