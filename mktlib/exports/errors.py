"""The one error of this package: it names the platform it looks like, the columns, the row, and what to do."""

from mktlib.errors import Told


class ExportError(Told, ValueError):
    """A file cannot be read as a platform's export, or tables must not be put together.

    what      what is wrong, a sentence
    remedy    what to do
    platform  what the file looks like, None if nothing is known
    columns   header cells that were found
    row       number of the row in the file, counted from 1
    """

    def __init__(self, what, remedy, platform=None, columns=(), row=None):
        names = [str(name).strip()[:40] for name in columns if str(name).strip()]
        more = f" and {len(names) - 12} more" if len(names) > 12 else ""
        found = ", ".join(names[:12]) + more if names else "none"
        where = "" if row is None else f" Row {row}."
        super().__init__(
            f"{what}{where} Looks like: {platform or 'no platform known here'}. Columns found: {found}. Remedy: {remedy}"
        )
        self.what, self.remedy, self.platform, self.columns, self.row = what, remedy, platform, names, row
