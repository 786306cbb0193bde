"""The one error of this package: it names the platform it looks like, the columns, the row, and what to do."""

from mktlib.errors import Told

LONGEST = 600  # characters of a message that come from a file


class ExportError(Told, ValueError):
    """A file cannot be read as a platform's export, or tables must not be put together.

    what      what is wrong, a sentence
    remedy    what to do
    platform  what the file looks like, None if nothing is known
    columns   header cells that were found; None where tables are compared, not files
    row       number of the row in the file, counted from 1
    """

    def __init__(self, what, remedy, platform=None, columns=(), row=None):
        what = what if len(what) <= LONGEST else f"{what[:LONGEST]} ..."  # a broken file can be one long cell
        names = [str(name).strip()[:40] for name in columns or () if str(name).strip()]
        more = f" and {len(names) - 12} more" if len(names) > 12 else ""
        found = (
            f"Columns found: {', '.join(names[:12]) + more if names else 'none'}. "
            if columns is not None
            else ""
        )
        where = "" if row is None else f" Row {row}."
        super().__init__(
            f"{what}{where} Looks like: {platform or 'no platform known here'}. {found}Remedy: {remedy}"
        )
        self.what, self.remedy, self.platform, self.columns, self.row = what, remedy, platform, names, row
