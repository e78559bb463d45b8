"""Data Docs: what Great Expectations found of each table; pages need no network and show no values."""

import re
from datetime import date
from html import escape
from pathlib import Path

from base.errors import StoreError
from quality.findings import TableResult

# The pages of Great Expectations load styles and scripts from elsewhere; a bank's workplace has no way there.
_FOREIGN = re.compile(
    r"<script[^>]*\bsrc=[^>]*>\s*</script>|<link\b[^>]*>|<img\b[^>]*>|<script\b[^>]*>.*?</script>"
    r"|<style\b.*?</style>|<nav\b.*?</nav>|<footer\b.*?</footer>",
    re.DOTALL,
)
_LINK_AWAY = re.compile(r'href="[^#"][^"]*"')
_RANDOM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_STYLE = """<style>
body{font:15px/1.5 system-ui,sans-serif;color:#1f2933;max-width:72rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0}td,th{border:1px solid #d7dee5;padding:.35rem .6rem;
text-align:left;vertical-align:top}.badge{background:#eef2f6;border-radius:.25rem;padding:.05rem .35rem}
.text-success,.passed{color:#17803d}.text-danger,.failed{color:#b42318}h1{font-size:1.5rem}
.col-lg-2,.collapse,[data-toggle=collapse]{display:none}h5{font-size:1.15rem;margin:1.5rem 0 .25rem}
.fa-check-circle::before{content:"\\2714"}.fa-times::before,.fa-times-circle::before{content:"\\2718"}
</style>"""


def write_docs(results: tuple[TableResult, ...], *, as_of: date, folder: Path) -> Path:
    """Writes ``folder/<as_of>/<table>.html`` and an index beside them; returns the index.

    Raises StoreError when they cannot be written.
    """
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    night = folder / as_of.isoformat()
    renderer, view = ValidationResultsPageRenderer(), DefaultJinjaPageView()
    pages = {
        f"{result.table.name}.html": _self_contained(view.render(renderer.render(result.validation)))
        for result in results
    }
    try:
        night.mkdir(parents=True, exist_ok=True)
        for name, page in {**pages, "index.html": _index(results, as_of)}.items():
            _write(night / name, page)
    except OSError as error:
        raise StoreError(
            f"the pages on data quality of {as_of} were not written ({error.strerror}); "
            "free the disk and run ingest again"
        ) from error
    return night / "index.html"


def _self_contained(page: str) -> str:
    page = _LINK_AWAY.sub('href="index.html"', _FOREIGN.sub("", page))
    page = _RANDOM.sub("more", page)  # the same night gives the same bytes
    return page.replace("</head>", f"{_STYLE}</head>", 1)


def _index(results: tuple[TableResult, ...], as_of: date) -> str:
    lines = "".join(
        f'<tr><td><a href="{escape(result.table.name)}.html">{escape(result.table.name)}</a></td>'
        f"<td>{escape(result.table.doc)}</td>"
        f"<td>{sum(finding.success for finding in result.findings)} of {len(result.findings)}</td>"
        f"<td>{_verdict(result)}</td></tr>"
        for result in results
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Data quality, {as_of}</title>'
        f"{_STYLE}</head><body><h1>Data quality, {as_of}</h1><table><tr><th>Table</th><th>What it is</th>"
        f"<th>Expectations met</th><th></th></tr>{lines}</table></body></html>"
    )


def _verdict(result: TableResult) -> str:
    if all(finding.success for finding in result.findings):
        return '<span class="passed">passed</span>'
    return '<span class="failed">failed</span>'


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
