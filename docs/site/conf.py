"""Sphinx settings of the course's site; `python course.py site` copies them beside the pages it writes."""

import re
from functools import cache

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from myst_nb.core.render import NbElementRenderer
from sphinx.search.en import SearchEnglish

project = "Heyu workbook"
project_copyright = "Heyu workbook. Lesson text and data: CC BY 4.0; code: MIT"
language = "en"
extensions = ["myst_nb"]
exclude_patterns = ["_build"]

nb_execution_mode = "off"  # what stands in solutions/ is shown, nothing is run
nb_ipywidgets_js = {}  # the explorers' static pictures are shown; a live widget would ask a server on the network
nb_merge_streams = True
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_ref_domains = ["std"]  # no other is used here, and asking them all takes time

html_theme = "pydata_sphinx_theme"
html_title = "Heyu workbook"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_favicon = "static/favicon.svg"
html_context = {"default_mode": "auto"}
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False
html_math_renderer = "mathml"
html_search_language = "en_zh"
html_theme_options = {
    "logo": {"text": "Heyu workbook"},
    "header_links_before_dropdown": 9,
    "navigation_with_keys": False,  # arrow keys belong to the reader
    "show_toc_level": 2,
    "navbar_persistent": ["search-button"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": [], "glossary": [], "glossary_zh": [], "status": []}

CHINESE = r"[\u3400-\u4dbf\u4e00-\u9fff]"


class EnglishAndChinese(SearchEnglish):
    """Words of English; of Chinese, which writes no spaces, every pair of neighbouring characters."""

    lang = "en_zh"
    language_name = "English"  # names the script that stems
    js_splitter_code = """
function splitQuery(query) {
  return query.split(/[^\\p{Letter}\\p{Number}_]+/gu).filter(word => word).flatMap(word =>
    word.split(/([\\u3400-\\u4dbf\\u4e00-\\u9fff]+)/u).filter(part => part).flatMap(part =>
      !/[\\u3400-\\u4dbf\\u4e00-\\u9fff]/u.test(part) || part.length < 3 ? [part]
        : Array.from(part.slice(1), (_, place) => part.slice(place, place + 2))));
}
"""

    def __init__(self, options):
        super().__init__(options)
        self.stem = cache(super().stem)  # a word stands on many pages

    def split(self, text):
        found = []
        for word in super().split(text):
            for part in re.split(f"({CHINESE}+)", word):
                pairs = re.match(CHINESE, part) and len(part) > 2
                found += [part[i : i + 2] for i in range(len(part) - 1)] if pairs else [part] if part else []
                found += list(part) if re.match(CHINESE, part) and len(part) > 1 else []
        return found


def formula(translator, node, display):
    """Write a formula as MathML, which browsers draw themselves: no script, no font, and a screen reader reads it."""
    try:
        body = tex2mathml(node.astext(), as_block=display)
    except MathError as problem:
        raise ValueError(f"the formula {node.astext()!r} cannot be written as MathML: {problem}") from None
    translator.body.append(f'<div class="math">{body}</div>' if display else body)
    raise SkipNode


def with_alternative_text(render_image):
    """myst-nb reads width and height from an output's metadata, but not the alternative text: it is added here."""

    def render(self, data):
        images = render_image(self, data)
        alt = data.output_metadata.get(data.mime_type, {}).get("alt")
        for image in images if alt else []:
            image["alt"] = alt
        return images

    return render


def for_screen_readers(app, pagename, templatename, context, doctree):
    """Say of Chinese words that they are Chinese: a voice changes with it, and so does a font. Folded cells keep the name they show."""

    def marked(text):
        return re.sub(f"{CHINESE}+", lambda words: f'<span lang="zh-Hans">{words[0]}</span>', text[0])

    if "body" in context:
        body = context["body"].replace('<summary aria-label="Toggle hidden content">', "<summary>")
        context["body"] = re.sub(r">[^<>]+<", marked, body)


def setup(app):
    """Sphinx calls this."""
    app.connect("html-page-context", for_screen_readers)
    NbElementRenderer.render_image = with_alternative_text(NbElementRenderer.render_image)
    app.add_search_language(EnglishAndChinese)
    app.add_html_math_renderer(
        "mathml",
        (lambda self, node: formula(self, node, False), None),
        (lambda self, node: formula(self, node, True), None),
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
