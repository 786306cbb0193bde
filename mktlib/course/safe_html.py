"""A page of HTML taken apart and built anew from a short list, so that nothing in it runs, loads or points elsewhere.

What comes out is safe by construction: every text is escaped, and a tag is written only if it stands in the list, with attributes
whose values are known. A sanitizer that repairs what it is given has to know all of HTML; this one only knows what a report needs.
"""

import re
from collections import Counter
from html import escape
from html.parser import HTMLParser

KEPT = re.compile(
    "p|br|hr|ul|ol|li|dl|dt|dd|table|caption|thead|tbody|tfoot|tr|th|td|figure|figcaption|strong|b|em|i|code|pre|"
    "blockquote|sub|sup|small|div|section|h[2-6]"
)
SKIPPED = re.compile(  # with all that stands in them
    "script|style|template|noscript|iframe|object|svg|math|canvas|video|audio|select|textarea|button"
)
ATTRIBUTES = {
    "scope": re.compile(r"(row|col)(group)?"),
    "class": re.compile(r"lines|number|short"),
    "colspan": re.compile(r"\d{1,3}"),
    "rowspan": re.compile(r"\d{1,3}"),
}
IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
UNDESCRIBED = "A figure of this report, without a description"


class Rebuilt(HTMLParser):
    """A page, rebuilt.

    title    its <h1>, else its <title>
    text     all that it says, for finding out whether it says anything
    dropped  Counter of what was left out
    html()   its body, headings a step lower, each tag closed
    """

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.parts, self.stack, self.skipped = [], [], []
        self.title = self.text = self.heading = ""
        self.dropped = Counter()
        self.feed(page)
        self.close()

    def html(self):
        return "".join(self.parts) + "".join(f"</{tag}>" for tag in reversed(self.stack)) + "\n"

    def handle_starttag(self, tag, attributes):
        if SKIPPED.fullmatch(tag):
            self.skipped.append(tag)
            self.dropped.update([tag] if tag != "style" else [])
        elif tag in ("title", "h1"):
            self.heading = tag
        elif tag == "img" and not self.skipped:
            self._image(dict(attributes))
        elif not self.skipped:
            self._start(_lower(tag), attributes)

    def _start(self, tag, attributes):
        if not KEPT.fullmatch(tag):
            return
        known = {name: value for name, value in attributes if value and name in ATTRIBUTES}
        kept = [f' {name}="{value}"' for name, value in known.items() if ATTRIBUTES[name].fullmatch(value)]
        self.parts.append(f"<{tag}{''.join(kept)}>")
        if tag not in ("br", "hr"):
            self.stack.append(tag)

    def _image(self, attributes):
        source = attributes.get("src") or ""
        if not IMAGE.fullmatch(source):
            self.dropped["picture from elsewhere"] += 1
            return
        said = escape((attributes.get("alt") or "").strip() or UNDESCRIBED, quote=True)
        self.parts.append(f'<img alt="{said}" src="{source}">')
        self.text += said

    def handle_endtag(self, tag):
        if tag in self.skipped:
            while self.skipped.pop() != tag:
                pass
        elif tag in ("title", "h1"):
            self.heading = ""
        elif _lower(tag) in self.stack and not self.skipped:
            while (last := self.stack.pop()) != _lower(tag):
                self.parts.append(f"</{last}>")
            self.parts.append(f"</{_lower(tag)}>")

    def handle_data(self, data):
        if self.skipped:
            return
        if self.heading:
            if self.heading == "h1" or not self.title:
                self.title = data[:300]
            return
        self.text += data
        self.parts.append(escape(data))


def _lower(tag):
    """A heading one step lower, since the page becomes a section; other tags as they are."""
    return f"h{min(int(tag[1]) + 1, 6)}" if re.fullmatch("h[2-6]", tag) else tag
