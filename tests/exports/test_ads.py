"""Readers of advertising platforms' exports: every layout that was seen, with its traps."""

import io
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
import xlwt

from mktlib import exports
from mktlib.exports import ExportError


def text(*lines, end="\r\n"):
    """Lines as a file's text."""
    return end.join(lines) + end


def resaved(content):
    """What a spreadsheet makes of a CSV: a BOM, and every line padded with commas to the widest."""
    lines = content.splitlines()
    widest = max(line.count(",") for line in lines)
    return "\ufeff" + text(*(line + "," * (widest - line.count(",")) for line in lines))


def xls(sheets):
    """An .xls of sheets {name: rows}."""
    book, out = xlwt.Workbook(), io.BytesIO()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                sheet.write(y, x, cell)
    book.save(out)
    return out.getvalue()


def xlsx(rows):
    """An .xlsx of one sheet."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Report")
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            sheet.write(y, x, cell)
    book.close()
    return out.getvalue()


def load(data, expected, out, totals=0, aside=0, **options):
    """Read bytes or text (as UTF-8); check platform, balance of rows and the sniffed platform."""
    data = data.encode() if isinstance(data, str) else data
    frame = exports.read(data, **options)
    told = frame.attrs["rows"]
    assert frame.attrs["platform"] == expected
    assert (told["out"], told["totals"], told["set_aside"]) == (out, totals, aside), frame.attrs["set_aside"]
    assert told["in"] == out + totals + aside
    assert len(frame) == out
    assert len(frame.attrs["totals"]) == totals
    assert len(frame.attrs["set_aside"]) == aside
    if "aliases" not in options and "platform" not in options:
        assert exports.sniff(data).platform == expected
    return frame


def agrees(frame):
    """{column: True if its rows add up to the total} of the first total."""
    found = exports.reconcile(frame)
    first = found[found["row"] == found["row"].iloc[0]]
    return dict(zip(first["column"], first["agrees"], strict=True))


# Google Ads

GOOGLE = (
    "Campaign status,Campaign,Campaign ID,Campaign type,Currency code,Impr.,Clicks,CTR,Interactions,Avg. cost,Avg. CPC,"
    "Cost,Conversions,Conv. rate,Conv. value,Search impr. share,Search lost IS (budget)"
)
GOOGLE_ROWS = (
    'Enabled,"MY | Brand, exact",18123456789,Search,USD,"12,345","1,234",10.00%,"1,234",1.00,1.00,1234.56,"1,000.50",81.08%,"20,010.00",> 90%, --',
    "Paused,SG | Βίντεο,18123456790,Video,USD,1000,10,1.00%,400,0.25,10.00,100.00,20.00,5.00%,300.00,< 10%,< 10%",
    "Enabled,HK | none,18123456791,Search,USD,0,0, --,0, --, --,0.00,0.00,0.00%,0.00, --,45.10%",
)
GOOGLE_TOTALS = (
    'Total: Campaigns, --, --, --,USD,"13,345","1,244",9.32%,"1,634",0.82,1.07,1334.56,"1,020.50",62.45%,"20,310.00",62.00%,12.00%',
    'Total: Account,,,,USD,"14,345","1,344",9.37%,"1,734",0.83,1.07,1434.56,"1,030.50",59.43%,"20,400.00",60.00%,12.00%',
    'Total: Search,,,,USD,"12,345","1,234",10.00%,"1,234",1.00,1.00,1234.56,"1,000.50",81.08%,"20,010.00",> 90%, --',
)


def google(period='"May 1, 2025 - May 31, 2025"', rows=GOOGLE_ROWS, totals=GOOGLE_TOTALS):
    """A campaign report of Google Ads, English, as CSV."""
    return text("Campaign report", period, GOOGLE, *rows, *totals)


def tabs(content):
    """The same as a spreadsheet download: UTF-16LE with BOM and tabs."""
    import csv

    out = io.StringIO(newline="")
    csv.writer(out, delimiter="\t").writerows(csv.reader(io.StringIO(content, newline="")))
    return b"\xff\xfe" + out.getvalue().encode("utf-16-le")


GOOGLE_FORMS = {"utf-8": google().encode(), "utf-16": tabs(google()), "utf-8-sig": b"\xef\xbb\xbf" + google().encode(),
                "bare utf-16": tabs(google())[2:], "resaved": resaved(google()).encode(),
                "blank lines": google().replace("\r\n", "\r\n\r\n").encode(), "unix": google().replace("\r", "").encode()}  # fmt: skip


@pytest.mark.parametrize("form", GOOGLE_FORMS)
def test_google_campaigns(form):
    frame = load(GOOGLE_FORMS[form], "google_ads", 3, 3)
    assert frame["impressions"].tolist() == [12345, 1000, 0]
    assert frame["impressions"].dtype == frame["clicks"].dtype == "int64"
    assert frame["cost"].tolist() == [1234.56, 100.0, 0.0]
    assert frame["conversions"].sum() == 1020.5
    assert frame["revenue"].tolist() == [20010.0, 300.0, 0.0]
    assert frame["campaign"].tolist() == ["MY | Brand, exact", "SG | Βίντεο", "HK | none"]
    assert frame["campaign_id"].tolist() == ["18123456789", "18123456790", "18123456791"]
    assert frame.attrs["currency"] == "USD"
    assert frame.attrs["period"] == ("2025-05-01", "2025-05-31")
    assert frame.attrs["title"] == "Campaign report"
    assert [one["label"] for one in frame.attrs["totals"]] == [
        "Total: Campaigns",
        "Total: Account",
        "Total: Search",
    ]
    assert frame.attrs["totals"][0]["cost"] == 1334.56
    assert frame.attrs["totals"][0]["impressions"] == 13345
    wanted = {
        "utf-8": "utf-8",
        "utf-16": "utf-16",
        "bare utf-16": "utf-16-le",
        "utf-8-sig": "utf-8-sig",
        "resaved": "utf-8-sig",
    }
    assert frame.attrs["encoding"] == wanted.get(form, "utf-8")
    assert frame.attrs["delimiter"] == ("\t" if "16" in form else ",")
    assert all(agrees(frame).values())


def test_google_rates_missing_and_censored():
    frame = load(google(), "google_ads", 3, 3)
    assert frame["ctr"].tolist()[:2] == pytest.approx([1234 / 12345, 0.01])
    assert frame["ctr_reported"].tolist()[:2] == [0.1, 0.01]
    assert np.isnan(frame["ctr_reported"][2]) and np.isnan(frame["ctr"][2])
    assert frame["cpc"][1] == 10.0
    assert frame["cvr"][1] == 2.0  # 20 conversions after 10 clicks: clicks are not interactions
    assert frame["Conv. rate"].tolist() == pytest.approx([0.8108, 0.05, 0.0])
    assert frame["impression_share"].isna().all()
    assert frame["impression_share_censored"].tolist()[:2] == ["> 90%", "< 10%"]
    assert pd.isna(frame["impression_share_censored"][2])
    assert frame["Search lost IS (budget)"].tolist()[2] == pytest.approx(0.451)
    assert frame["Search lost IS (budget)_censored"].tolist()[1] == "< 10%"
    assert any("interactions" in note for note in frame.attrs["notes"])


def test_google_account_total_is_larger():
    found = exports.reconcile(load(google(), "google_ads", 3, 3)).set_index(["total", "column"])
    assert found.loc[("Total: Account", "cost"), "difference"] == 100.0
    assert not found.loc[("Total: Account", "cost"), "agrees"]
    assert found.loc[("Total: Campaigns", "conversions"), "stated"] == 1020.5
    assert "ctr" not in found.index.get_level_values("column")


def test_google_all_time_has_no_period():
    assert load(google("All time"), "google_ads", 3, 3).attrs["period"] is None


def test_google_empty_and_totals_only():
    empty = load(google(rows=(), totals=()), "google_ads", 0)
    assert {"campaign", "impressions", "cost", "ctr"} <= set(empty)
    assert empty["cost"].dtype == float
    assert exports.reconcile(empty).empty
    only = load(google(rows=()), "google_ads", 0, 3)
    assert only.attrs["totals"][1]["cost"] == 1434.56


def test_google_totals_in_the_middle():
    rows = (GOOGLE_ROWS[0], GOOGLE_TOTALS[0], *GOOGLE_ROWS[1:])
    frame = load(google(rows=rows, totals=()), "google_ads", 3, 1)
    assert frame["cost"].sum() == 1334.56
    assert frame.attrs["totals"][0]["row"] == 5


def test_google_long_ids_stay_text():
    rows = ("2025-05-01,brand,1234567890123456789,10,1,2.50", "2025-05-02,brand,123456789012345678,20,2,3.50")
    frame = load(text("Day,Ad group,Ad ID,Impr.,Clicks,Cost", *rows), "google_ads", 2)
    assert frame["ad_id"].tolist() == ["1234567890123456789", "123456789012345678"]
    assert frame["date"].tolist() == [pd.Timestamp(2025, 5, 1), pd.Timestamp(2025, 5, 2)]
    assert frame.attrs["period"] == ("2025-05-01", "2025-05-02")


def test_google_unknown_ids_stay_text():
    rows = ("brand,0012,9876543210,10,1,2.50", "brand,0013,9876543211,20,2,3.50")
    frame = load(text("Ad group,Label code,Asset ID,Impr.,Clicks,Cost", *rows), "google_ads", 2)
    assert frame["Asset ID"].tolist() == ["9876543210", "9876543211"]
    assert frame["Label code"].tolist() == ["0012", "0013"]


def test_google_searches_for_the_word_total():
    head = "Search term,Match type,Campaign,Ad group,Impr.,Clicks,Cost"
    rows = (
        "total,Broad match,Oil,Brands,100,10,5.00",
        "shell,Broad match,Oil,Brands,50,5,2.50",
        "Total: Search terms, --, --, --,150,15,7.50",
    )
    frame = load(text("Search terms report", "All time", head, *rows), "google_ads", 2, 1)
    assert frame["search_term"].tolist() == ["total", "shell"]
    assert all(agrees(frame).values())


LOCALES = {
    "de": ("Kampagnenbericht", "Kampagne;Kampagnentyp;Währungscode;Impressionen;Klicks;CTR;Durchschn. CPC;Kosten;Conversions;Conv.-Wert",
           "Gesamt: Kampagnen", ";", ".", "%"),
    "de, blank before %": ("Kampagnenbericht", "Kampagne;Kampagnentyp;Währungscode;Impr.;Klicks;CTR;Durchschn. CPC;Kosten;Conversions;Conv.-Wert",
                           "Gesamt: Kampagnen", ";", ".", "\u00a0%"),
    "fr, U+202F": ("Rapport sur les campagnes", "Campagne;Type de campagne;Code de devise;Impr.;Clics;CTR;CPC moy.;Coût;Conversions;Valeur de conv.",
                   "Total : campagnes", ";", "\u202f", "\u202f%"),
    "fr, U+00A0": ("Rapport sur les campagnes", "Campagne;Type de campagne;Code de devise;Impr.;Clics;CTR;CPC moy.;Coût;Conversions;Valeur de conv.",
                   "Total\u00a0: campagnes", "\t", "\u00a0", "\u00a0%"),
    "es": ("Informe de campaña", "Campaña;Tipo de campaña;Código de moneda;Impr.;Clics;CTR;CPC medio;Coste;Conversiones;Valor de conv.",
           "Total: Campañas", ";", ".", " %"),
    "it": ("Rapporto Campagna", "Campagna;Tipo di campagna;Codice valuta;Impr.;Clic;CTR;CPC medio;Costo;Conversioni;Valore conv.",
           "Totale: campagne", ";", ".", "%"),
}  # fmt: skip


@pytest.mark.parametrize("language", LOCALES)
def test_google_decimal_comma(language):
    title, header, total, sign, group, percent = LOCALES[language]
    rows = (f"Marke;Search;EUR;12{group}345;1{group}234;10,00{percent};1,00;1{group}234,56;1{group}000,50;2{group}010,00",
            f"Sonst;Search;EUR;1{group}000;10;1,00{percent};10,00;100,00;20,00;300,00",
            "Neu;Search;EUR;0;0; --; --;0,00;0,00;0,00",
            f"{total}; --;EUR;13{group}345;1{group}244;9,32{percent};1,07;1{group}334,56;1{group}020,50;2{group}310,00")  # fmt: skip
    content = text(title, "All time", *(row.replace(";", sign) for row in (header, *rows)))
    frame = load(content.encode("utf-16") if sign == "\t" else content.encode(), "google_ads", 3, 1)
    assert frame["impressions"].tolist() == [12345, 1000, 0]
    assert frame["clicks"].sum() == 1244
    assert frame["cost"].tolist() == [1234.56, 100.0, 0.0]
    assert frame["conversions"].tolist() == [1000.5, 20.0, 0.0]
    assert frame["revenue"].sum() == 2310.0
    assert frame["ctr_reported"].tolist()[:2] == [0.1, 0.01]
    assert np.isnan(frame["ctr_reported"][2])
    assert (frame.attrs["currency"], frame.attrs["decimal"], frame.attrs["delimiter"]) == ("EUR", ",", sign)
    assert frame.attrs["totals"][0]["cost"] == 1334.56
    assert all(agrees(frame).values())


def test_google_chinese():
    header = "广告系列,广告系列 ID,广告系列类型,货币代码,展示次数,点击次数,点击率,平均每次点击费用,费用,转化次数,转化价值"
    content = text("广告系列报告", "2025年5月1日 - 2025年5月31日", header, '品牌,18123456789,搜索,USD,"1,200",120,10.00%,0.50,60.00,6.50,650.00',
                   "总计：广告系列, --, --, --,USD,\"1,200\",120,10.00%,0.50,60.00,6.50,650.00")  # fmt: skip
    frame = load(content, "google_ads", 1, 1)
    assert frame.loc[0, ["campaign", "impressions", "cost", "conversions", "revenue"]].tolist() == [
        "品牌",
        1200,
        60.0,
        6.5,
        650.0,
    ]
    assert frame.attrs["period"] == ("2025-05-01", "2025-05-31")
    assert frame.attrs["currency"] == "USD"


def test_google_mixed_decimal_signs_are_refused():
    rows = GOOGLE_ROWS[0].replace("1234.56", '"1234,56"')
    with pytest.raises(ExportError, match="decimal comma"):
        exports.read(google(rows=(rows, GOOGLE_ROWS[1])).encode())


def test_google_unreadable_and_irregular_rows():
    rows = (*GOOGLE_ROWS, GOOGLE_ROWS[1].replace("100.00,20.00", "abc,20.00"), "cut,off,here")
    frame = load(google(rows=rows), "google_ads", 3, 3, 2)
    reasons = [one["reason"] for one in frame.attrs["set_aside"]]
    assert reasons == ["'abc' in 'Cost' is no number", "has 3 cells, the header 17"]
    assert [one["row"] for one in frame.attrs["set_aside"]] == [7, 8]


def test_google_long_file():
    row = "2025-05-01,Campaign number {},18123456789,{},1,0.50"
    lines = [row.format(n, n % 7) for n in range(80_000)]
    shown, end = sum(n % 7 for n in range(80_000)), "Total: Campaigns, --, --,{},80000,40000.00"
    for last in ((), (end.format(f'"{shown:,}"'),), ("only,three,cells", end.format(shown))):
        content = text(
            "Campaign report", "All time", "Day,Campaign,Campaign ID,Impr.,Clicks,Cost", *lines, *last
        )
        frame = load(content, "google_ads", 80_000, min(len(last), 1), max(len(last) - 1, 0))
        assert (frame["impressions"].sum(), frame["cost"].sum()) == (shown, 40000.0)
        assert frame["campaign_id"].unique().tolist() == ["18123456789"]
        if last:
            assert frame.attrs["totals"][0]["row"] == 80_003 + len(last)
            assert all(agrees(frame).values())


# Google Keyword Planner

PLANNER = ("Keyword\tCurrency\tAvg. monthly searches\tThree month change\tYoY change\tCompetition\tCompetition (indexed value)\t"
           "Top of page bid (low range)\tTop of page bid (high range)\tAd impression share\tOrganic impression share\t"
           "Organic average position\tIn account?\tIn plan?\tSearches: May 2025\tSearches: Jun 2025\tSearches: Jul 2025")  # fmt: skip


def planner(*rows):
    """A Keyword Planner download."""
    return text(
        "Keyword Stats 2026-06-09 at 21_25_18", '"May 1, 2025 - April 30, 2026"', PLANNER, *rows, end="\n"
    ).encode("utf-16")


def test_keyword_planner(tmp_path):
    path = tmp_path / "Keyword Stats.csv"
    path.write_bytes(planner(
        "baby diapers\tUSD\t50000\t0%\t-90%\tHigh\t100\t0.45\t1.80\t\t\t\t\t\t50000\t500000\t50000",
        "cotton, diapers\tUSD\t500\t900%\t∞\tMedium\t55\t0.20\t0.90\t--\t--\t--\t\t\t0\t500\t5000",
        "nothing\tUSD\t0\t\t\tUnknown\t\t\t\t\t\t\t\t\t0\t0\t0"))  # fmt: skip
    frame = exports.read(path)
    assert frame.attrs["platform"] == exports.sniff(path).platform == "keyword_planner"
    assert frame.attrs["rows"] == {"in": 3, "out": 3, "totals": 0, "set_aside": 0, "blank": 0}
    assert (frame.attrs["encoding"], frame.attrs["delimiter"], frame.attrs["currency"]) == (
        "utf-16",
        "\t",
        "USD",
    )
    assert frame.attrs["file"] == "Keyword Stats.csv"
    assert frame.attrs["period"] == ("2025-05-01", "2026-04-30")
    assert frame["search_volume"].tolist() == [50000, 500, 0]
    assert frame["keyword"].tolist() == ["baby diapers", "cotton, diapers", "nothing"]
    for month, volume in (("May", 50000), ("Jun", 500500), ("Jul", 55000)):
        assert pd.api.types.is_numeric_dtype(frame[f"Searches: {month} 2025"])
        assert frame[f"Searches: {month} 2025"].sum() == volume
    assert frame["YoY change"].tolist()[0] == -0.9
    assert frame["Three month change"].tolist()[:2] == [0.0, 9.0]
    assert frame["Top of page bid (high range)"].sum() == pytest.approx(2.7)
    assert any("buckets" in note for note in frame.attrs["notes"])


def test_keyword_planner_empty():
    frame = load(planner(), "keyword_planner", 0)
    assert {"keyword", "search_volume", "Searches: May 2025"} <= set(frame)
    assert exports.reconcile(frame).empty


# Meta

META = ("Reporting starts,Reporting ends,Campaign name,Campaign ID,Campaign delivery,Attribution setting,Results,Result indicator,Reach,"
        "Impressions,Frequency,Cost per results,Amount spent (EUR),Link clicks,Clicks (all),CTR (all),CTR (link click-through rate),"
        "CPM (cost per 1,000 impressions) (EUR),Purchases,Purchases conversion value,Purchase ROAS (return on ad spend)")  # fmt: skip
META = META.replace("CPM (cost per 1,000 impressions) (EUR)", '"CPM (cost per 1,000 impressions) (EUR)"')
META_ROWS = (
    '2025-05-01,2025-05-31,"Sale, spring",120210000000000123,active,7-day click,40,actions:offsite_conversion.fb_pixel_purchase,9000,'
    "20000,2.2222,12.5,500.00,520,700,3.5,2.6,25,40,1250.50,2.501",
    "2025-05-01,2025-05-31,Reach only,120210000000000124,inactive,7-day click,15000,reach,15000,30000,2,0.0067,100.00,30,60,0.2,0.1,3.3333,,,",
)
META_SUMMARY = "2025-05-01,2025-05-31,,,,,,,22000,50000,2.2727,,600.00,550,760,1.52,1.1,12,40,1250.50,2.0842"


def test_meta_period_rows():
    frame = load("\ufeff" + text(META, *META_ROWS), "meta", 2)
    assert frame.attrs["currency"] == "EUR"
    assert frame.attrs["encoding"] == "utf-8-sig"
    assert frame.attrs["attribution"] == "7-day click"
    assert frame.attrs["period"] == ("2025-05-01", "2025-05-31")
    assert frame["date"].isna().all()
    assert (frame["period_end"] - frame["period_start"]).dt.days.tolist() == [30, 30]
    assert any("2 rows stand for a period" in note for note in frame.attrs["notes"])
    assert frame["cost"].tolist() == [500.0, 100.0]
    assert (frame["clicks"].sum(), frame["all_clicks"].sum()) == (550, 760)
    assert frame["ctr_reported"].tolist() == pytest.approx([0.026, 0.001])
    assert frame["ctr"].tolist() == pytest.approx([0.026, 0.001])
    assert frame["CTR (all)"].tolist() == pytest.approx([0.035, 0.002])
    assert frame["roas_reported"][0] == 2.501
    assert np.isnan(frame["purchases"][1]) and np.isnan(frame["revenue"][1])
    assert frame["campaign_id"].tolist() == ["120210000000000123", "120210000000000124"]
    assert frame["result_indicator"].tolist()[1] == "reach"
    assert any("reach must not be added up" in note for note in frame.attrs["notes"])


@pytest.mark.parametrize("place", ["first", "last", "none"])
def test_meta_summary_row(place):
    rows = {"first": (META_SUMMARY, *META_ROWS), "last": (*META_ROWS, META_SUMMARY), "none": META_ROWS}[place]
    frame = load(text(META, *rows), "meta", 2, place != "none")
    assert frame["cost"].sum() == 600.0
    if place != "none":
        assert frame.attrs["totals"][0]["row"] == (2 if place == "first" else 4)
        assert frame.attrs["totals"][0]["reach"] == 22000
        found = agrees(frame)
        assert all(found[name] for name in ("impressions", "cost", "clicks", "purchases", "revenue"))
        assert not {"reach", "frequency", "ctr", "conversions"} & set(found)


def test_meta_results_of_several_kinds_are_not_stacked():
    frame = load(text(META, *META_ROWS), "meta", 2)
    with pytest.raises(ExportError, match=r"conversions of meta .* mean several things"):
        exports.canonical([frame], without=["reach", "frequency"])
    stacked = exports.canonical([frame], without=["reach", "frequency", "conversions"])
    assert stacked["cost"].sum() == 600.0
    assert "cpa" not in stacked


def test_meta_attribution_by_row():
    rows = (META_ROWS[0], META_ROWS[1].replace("7-day click", "1-day view"))
    assert load(text(META, *rows), "meta", 2).attrs["attribution"] == ["1-day view", "7-day click"]


@pytest.mark.parametrize("money", ["已花费金额", "花费金额"])
def test_meta_chinese_by_day(money):
    header = f"报告开始日期,报告结束日期,单日,广告系列名称,广告系列编号,归因设置,成效,成效指标,覆盖人数,展示次数,频次,链接点击量,点击量（全部）,链接点击率,{money} (USD),购物次数,购物转化价值,落地页浏览量"
    rows = ("2025-05-01,2025-05-02,2025-05-01,春季,120210000000000123,点击后 7 天,3,actions:purchase,900,1000,1.11,20,30,2,19377.19,3,90.00,15",
            "2025-05-01,2025-05-02,2025-05-02,春季,120210000000000123,点击后 7 天,1,actions:purchase,800,1000,1.25,10,15,1,10.01,1,30.00,8")  # fmt: skip
    frame = load(text(header, *rows), "meta", 2)
    assert frame["date"].tolist() == [pd.Timestamp(2025, 5, 1), pd.Timestamp(2025, 5, 2)]
    assert not any("stand for a period" in note for note in frame.attrs["notes"])
    assert frame.attrs["period"] == ("2025-05-01", "2025-05-02")
    assert frame.attrs["currency"] == "USD"
    assert frame["cost"].sum() == pytest.approx(19387.20)
    assert frame["ctr_reported"].tolist() == [0.02, 0.01]
    assert frame["all_clicks"].tolist() == [30, 15]
    assert frame["落地页浏览量"].sum() == 23
    assert frame["revenue"].sum() == 120.0


def test_meta_workbook_called_csv(tmp_path):
    rows = [["Day", "Campaign name", "Campaign ID", "Impressions", "Link clicks", "Amount spent (USD)"],
            ["", "", "", 3000, 30, 12.5],
            ["2025-05-01", "A", "120210000000000123", 1000, 10, 4.25],
            ["2025-05-02", "A", "120210000000000123", 2000, 20, 8.25]]  # fmt: skip
    path = tmp_path / "meta.csv"
    path.write_bytes(xlsx(rows))
    frame = exports.read(path)
    assert (frame.attrs["platform"], frame.attrs["encoding"], frame.attrs["file"]) == (
        "meta",
        "xlsx",
        "meta.csv",
    )
    assert frame.attrs["tables"] == ["Report"]
    assert (len(frame), frame["cost"].sum(), frame["clicks"].sum()) == (2, 12.5, 30)
    assert frame["campaign_id"].unique().tolist() == ["120210000000000123"]
    assert frame.attrs["totals"][0]["cost"] == 12.5
    assert all(agrees(frame).values())


def test_meta_empty_and_resaved():
    empty = load(text(META), "meta", 0)
    assert {"campaign", "cost", "reach", "ctr"} <= set(empty)
    assert empty.attrs["currency"] == "EUR"
    assert load(resaved(text(META, *META_ROWS, "")), "meta", 2)["cost"].sum() == 600.0


# Baidu search ads

BAIDU = {
    "creative_hourly_2016": (
        ("数据生成时间：", "数据生成条件：", "1. 时间范围：", "2. 时间单位：", "3. 推广设备：移动设备", "", ""),
        "日期,小时,账户,推广计划,推广单元,创意标题,创意描述1,创意描述2,显示URL,展现,点击,消费,点击率,平均点击价格,网页转化,商桥转化",
        ('2016-4-20,8,hy,品牌,核心,"好,尿裤",柔软,干爽,www.example.com,"1,200",60,30.50,5.00%,0.51,2,1',
         "2016-4-20,23,hy,品牌,核心,官网,柔软,干爽,www.example.com,800,40,19.50,5.00%,0.49,0,0"), 8),
    "feed_hourly_2018": (
        ("数据生成时间：2018-04-20 13:59,,,,,,,,", "数据生成条件：,,,,,,,,", "1. 时间范围：20160420,,,,,,,,", ""),
        "日期,小时,推广计划,推广计划ID,展现,点击,消费,点击率,平均点击价格,千次展现消费",
        ('2016-4-20,8,品牌,1234567890123456789,"1,200",60,30.50,5.00%,0.51,25.42',
         "2016-4-20,23,品牌,1234567890123456789,800,40,19.50,5.00%,0.49,24.38"), 5),
    "hourly_plan_2017": (
        ("数据生成时间：2017-10-10 14:06,,,,,,,,,", "数据生成条件：,,,,,,,,,", "1. 时间范围：20160420,,,,,,,,,", "2. 时间单位：分时,,,,,,,,",
         "3. 推广设备：移动设备，计算机,,,,,,,,,", "4. 投放网络：全部,,,,,,,,,", ""),
        "日期,小时,账户,推广计划,展现,点击,消费,点击率,平均点击价格",
        ('2016-4-20,8,hy,品牌,"1,200",60,30.50,5.00%,0.51', "2016-4-20,23,hy,品牌,800,40,19.50,5.00%,0.49"), 8),
    "plan_daily_2016": (
        ("数据生成时间：2016-04-21 16:28", "数据生成条件：", "1. 时间范围：20160420", "2. 时间单位：分日", "3. 推广设备：移动设备，计算机",
         "4. 投放网络：全部", "5. 投放物料：全部", ""),
        "日期,推广计划,账户,展现,点击,消费,点击率,平均点击价格,网页转化,商桥转化,电话转化",
        ('2016-4-20,品牌,hy,"1,200",60,30.50,5.00%,0.51,2,1,0', "2016-4-20,通用,hy,800,40,19.50,5.00%,0.49,0,0,0"), 9),
    "region_by_plan_total_2017": (
        ("数据生成时间：2017-10-10 14:02,,,,,,,,,", "数据生成条件：,,,,,,,,,", "1. 时间范围：20160420,,,,,,,,,", "2. 时间单位：合计,,,,,,,,,,",
         "3. 推广设备：移动设备，计算机,,,,,,,,,", "4. 投放网络：全部,,,,,,,,,", ""),
        "日期,账户,推广计划,省,市,展现,点击,消费,点击率,平均点击价格",
        ('2016-4-20,hy,品牌,广东,深圳,"1,200",60,30.50,5.00%,0.51', "2016-4-20,hy,品牌,北京,北京,800,40,19.50,5.00%,0.49"), 8),
    "search_terms_2017": (
        ("数据生成时间：2017-10-24 10:00", "数据生成条件：", "1. 时间范围：20160420", "2. 时间单位：合计", "3. 推广设备：移动设备，计算机",
         "4. 投放网络：全部", "5. 投放物料：全部", ""),
        "日期,推广计划,推广单元,关键词,搜索词,当前单元的添加状态,展现,点击,消费,点击率,总转化量,精确匹配扩展(地域词扩展)触发,高级精确匹配触发",
        ('2016-4-20,品牌,核心,尿裤,"尿裤,薄",未添加,"1,200",60,30.50,5.00%,2,-,-', "2016-4-20,品牌,核心,尿裤,尿裤 夜用,已添加,800,40,19.50,5.00%,0,-,-"), 9),
}  # fmt: skip


def baidu(layout, rows=None, end="\r\n"):
    """One of Baidu's layouts as text."""
    preamble, header, own, _ = BAIDU[layout]
    return text(*preamble, header, *(own if rows is None else rows), end=end)


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig"])
@pytest.mark.parametrize("layout", BAIDU)
def test_baidu(layout, encoding):
    frame = load(baidu(layout).encode(encoding), "baidu", 2)
    assert frame["impressions"].tolist() == [1200, 800]
    assert (frame["clicks"].sum(), frame["cost"].sum()) == (100, 50.0)
    assert frame["impressions"].dtype == frame["clicks"].dtype == "int64"
    assert frame["date"].tolist() == [pd.Timestamp(2016, 4, 20)] * 2
    assert frame["ctr"].tolist() == pytest.approx([0.05, 0.05])
    assert frame["ctr_reported"].tolist() == [0.05, 0.05]
    assert frame.attrs["period"] == ("2016-04-20", "2016-04-20")
    assert frame.attrs["currency"] == "CNY"
    assert frame.attrs["encoding"] == {"gbk": "gb18030"}.get(encoding, encoding)
    assert frame.attrs["header_row"] == BAIDU[layout][3]
    assert exports.reconcile(frame).empty
    if "hourly" in layout:
        assert frame["hour"].tolist() == [8, 23]
    if layout.startswith("creative"):
        assert frame["ad"].tolist() == ["好,尿裤", "官网"]
    if layout.startswith("feed"):
        assert frame["campaign_id"].unique().tolist() == ["1234567890123456789"]
        assert frame["cpm_reported"].tolist() == [25.42, 24.38]
    if layout.startswith("region"):
        assert frame["city"].tolist() == ["深圳", "北京"]
        assert frame["region"].tolist() == ["广东", "北京"]
    if layout.startswith("search"):
        assert frame["search_term"].tolist() == ["尿裤,薄", "尿裤 夜用"]
        assert frame["conversions"].tolist() == [2, 0]
    if layout.startswith("plan"):
        assert frame["网页转化"].tolist() == [2, 0]
        assert "conversions" not in frame


@pytest.mark.parametrize("layout", BAIDU)
def test_baidu_resaved_empty_and_blank_lines(layout):
    assert load(resaved(baidu(layout)), "baidu", 2)["cost"].sum() == 50.0
    assert load(baidu(layout, end="\n\n").encode("gbk"), "baidu", 2)["cost"].sum() == 50.0
    empty = load(baidu(layout, rows=()).encode("gbk"), "baidu", 0)
    assert {"date", "campaign", "impressions", "clicks", "cost", "ctr"} <= set(empty)
    assert empty["cost"].dtype == float


@pytest.mark.parametrize("at", [0, 1, 2])
def test_baidu_total_anywhere(at):
    rows = list(BAIDU["plan_daily_2016"][2])
    rows.insert(at, '合计,-,-,"2,000",100,50.00,5.00%,0.50,2,1,0')
    frame = load(baidu("plan_daily_2016", rows).encode("gbk"), "baidu", 2, 1)
    assert frame.attrs["totals"][0]["cost"] == 50.0
    assert frame.attrs["totals"][0]["row"] == 10 + at
    assert all(agrees(frame).values())
    only = load(
        baidu("plan_daily_2016", ['合计,-,-,"2,000",100,50.00,5.00%,0.50,2,1,0']).encode("gbk"), "baidu", 0, 1
    )
    assert only.attrs["totals"][0]["impressions"] == 2000


def test_baidu_period_in_the_date_column():
    rows = (
        "2017-10-01至2017-10-09,hy,品牌,广东,深圳,800,40,19.50,5.00%,0.49",
        "2017-10-01至2017-10-09,hy,品牌,北京,北京,200,10,0.50,5.00%,0.05",
    )
    frame = load(
        baidu("region_by_plan_total_2017", rows).replace("20160420", "20171001-20171009").encode("gbk"),
        "baidu",
        2,
    )
    assert frame["date"].isna().all()
    assert frame["period_start"].unique().tolist() == [pd.Timestamp(2017, 10, 1)]
    assert frame["period_end"].unique().tolist() == [pd.Timestamp(2017, 10, 9)]
    assert frame.attrs["period"] == ("2017-10-01", "2017-10-09")
    assert any("2 rows stand for a period" in note for note in frame.attrs["notes"])


@pytest.mark.parametrize("padded", [False, True])
def test_baidu_account_keywords(padded):
    """Row 1 range, row 2 header, row 3 the name of the account; numbers thrice: all, computer, mobile."""
    header = "关键词,推广单元,推广计划,展现,点击,消费,点击率,平均点击价格,计算机展现,计算机点击,计算机消费,移动展现,移动点击,移动消费"
    content = text("2016-4-1至2016-4-20", header, "hy-account", "尿裤,核心,品牌,100,10,5.00,10.00%,0.50,40,4,2.00,60,6,3.00",
                   "纸尿裤,核心,品牌,200,10,7.00,5.00%,0.70,0,0,0.00,200,10,7.00")  # fmt: skip
    data = resaved(content).encode() if padded else content.encode("gbk")
    frame = load(data, "baidu", 2, 0, 1)
    assert frame.attrs["set_aside"][0]["row"] == 3
    assert frame.attrs["set_aside"][0]["reason"].startswith("has 1 ")
    assert frame["cost"].sum() == 12.0
    assert frame["计算机消费"].sum() + frame["移动消费"].sum() == frame["cost"].sum()
    assert (frame["计算机展现"] + frame["移动展现"]).tolist() == frame["impressions"].tolist() == [100, 200]
    assert frame.attrs["period"] == ("2016-04-01", "2016-04-20")
    assert any("never add all three" in note for note in frame.attrs["notes"])


def test_baidu_cut_off_file():
    with pytest.raises(ExportError, match="cut off"):
        exports.read(baidu("plan_daily_2016").rstrip().encode("gbk") + "好".encode("gbk")[:1])


def test_baidu_account_total_with_searched_word():
    rows = ("2016-4-20,品牌,核心,合计,合计,未添加,100,5,3.00,5.00%,0,-,-", *BAIDU["search_terms_2017"][2])
    frame = load(baidu("search_terms_2017", rows).encode("gbk"), "baidu", 3)
    assert frame["search_term"].tolist()[0] == "合计"


# 360


def three_sixty(*rows):
    """A keyword report of 360 as of July 2026, whose times are formulas."""
    return text(
        "时间,推广计划,推广组,关键词,展示次数,点击次数,点击率,总费用,平均每次点击费用,平均排名（计算机）,浅层转化数,转化数",
        *rows,
    )


def test_360_days():
    rows = (
        '="2026-07-18",品牌,核心,禾屿,"1,500",170,11.33%,85.50,0.50,1.7,4,2',
        '="2026-07-19",品牌,核心,禾屿,500,30,6.00%,14.50,0.48,--,1,0',
    )
    frame = load(three_sixty(*rows), "360", 2)
    assert frame["date"].tolist() == [pd.Timestamp(2026, 7, 18), pd.Timestamp(2026, 7, 19)]
    assert frame["impressions"].tolist() == [1500, 500]
    assert frame["cost"].sum() == 100.0
    assert frame["ctr_reported"].tolist() == pytest.approx([0.1133, 0.06])
    assert frame["ctr"].tolist() == pytest.approx([170 / 1500, 0.06])
    assert frame["浅层转化数"].tolist() == [4, 1]
    assert frame["position"].tolist()[0] == 1.7 and np.isnan(frame["position"][1])
    assert (frame.attrs["currency"], frame.attrs["period"]) == ("CNY", ("2026-07-18", "2026-07-19"))
    assert (
        load(
            resaved(three_sixty(*rows).replace('="', "").replace('",', ",", 1).replace('19",', "19,")),
            "360",
            2,
        )["cost"].sum()
        == 100.0
    )


def test_360_period_and_total():
    rows = (
        '="2026-07-18至2026-07-24",品牌,核心,禾屿,1500,170,11.33%,85.50,0.50,1.7,4,2',
        "合计,,,,1500,170,11.33%,85.50,0.50,,4,2",
    )
    frame = load(three_sixty(*rows), "360", 1, 1)
    assert frame["date"].isna().all()
    assert frame.loc[0, "period_start"] == pd.Timestamp(2026, 7, 18)
    assert frame.loc[0, "period_end"] == pd.Timestamp(2026, 7, 24)
    assert frame.attrs["period"] == ("2026-07-18", "2026-07-24")
    assert all(agrees(frame).values())
    assert load(three_sixty(), "360", 0)["cost"].dtype == float


def test_360_old_layouts():
    plan = load(
        text(
            "推广账户,产品线,推广计划,展示次数,点击次数,点击率,总费用,平均每次点击费用",
            "hy,搜索,品牌,1000,50,5.00%,25.00,0.50",
        ).encode("gbk"),
        "360",
        1,
    )
    assert plan.loc[0, ["account", "产品线", "campaign", "impressions", "cost", "cpc"]].tolist() == [
        "hy",
        "搜索",
        "品牌",
        1000,
        25.0,
        0.5,
    ]
    assert plan.attrs["period"] is None
    region = load(text("推广账户,产品线,推广计划,省级地区,市级地区,展示次数,点击次数,点击率,总费用,平均每次点击费用",
                       "hy,搜索,品牌,广东,深圳,1000,50,5.00%,25.00,0.50", "hy,搜索,品牌,北京,北京,10,0,0.00%,0.00,0.00").encode("gbk"), "360", 2)  # fmt: skip
    assert region["region"].tolist() == ["广东", "北京"]
    assert np.isnan(region["cpc"][1])


# Sogou, Shenma, UC


def test_sogou_keywords():
    content = text("显示以下时间范围内的全部设备:2017/10/22 - 2017/10/22", "",
                   '"日期","账户","推广计划","推广组","关键词","消耗","点击价格","点击数","展示数","点击率",',
                   '"2017-10-22","hy","品牌","核心","禾屿","50.00","0.50","100","2,000","5.00%",',
                   '"2017-10-22","hy","品牌","核心","纸尿裤","10.00","1.00","10","1,000","1.00%",')  # fmt: skip
    for data in (
        content.encode("gbk"),
        content.replace("\r\n", "\r\n\r\n").encode(),
        resaved(content).encode(),
    ):
        frame = load(data, "sogou", 2)
        assert frame.attrs["period"] == ("2017-10-22", "2017-10-22")
        assert (frame["cost"].sum(), frame["clicks"].sum(), frame["impressions"].sum()) == (60.0, 110, 3000)
        assert frame["cpc_reported"].tolist() == [0.5, 1.0]
        assert frame["ctr"].tolist() == [0.05, 0.01]
        assert not [name for name in frame if name.startswith("column")]


def test_sogou_region_with_a_short_total():
    header = "编号,日期,账户,推广计划,省级地域,市级地域,消耗,消耗占比,点击数,点击数占比,点击均价"
    rows = (
        "1,2017-10-22,hy,品牌,广东,深圳,4000.35,89.39%,300,80.00%,13.33",
        "2,2017-10-22,hy,品牌,北京,北京,475.00,10.61%,75,20.00%,6.33",
    )
    frame = load(text(header, "总计,--,--,4475.35,375,11.93", *rows).encode("gbk"), "sogou", 2, 1)
    total = frame.attrs["totals"][0]
    assert {name: total[name] for name in ("label", "row", "cost", "clicks")} == {
        "label": "总计",
        "row": 2,
        "cost": 4475.35,
        "clicks": 375.0,
    }
    assert agrees(frame) == {"cost": True, "clicks": True}
    assert frame["消耗占比"].tolist() == pytest.approx([0.8939, 0.1061])
    assert frame["city"].tolist() == ["深圳", "北京"]
    padded = load(resaved(text(header, "总计,--,--,4475.35,375,11.93", *rows)), "sogou", 2, 1)
    assert agrees(padded) == {"cost": True, "clicks": True}
    assert (
        load(text(header, "总计,--,--,4475.35,375,11.93").encode("gbk"), "sogou", 0, 1).attrs["totals"][0][
            "cost"
        ]
        == 4475.35
    )


@pytest.mark.parametrize(
    "total", ["总计,--,--,--,60.00,110,3000,3.67%,0.55,9", "总计,--,--,60.00,110,3000,3.67%,0.55,9"]
)
def test_sogou_since_2017(total):
    rows = (
        "1,2017-06-20,hy,品牌,50.00,100,2000,5.00%,0.50,5",
        "2,2017-06-20,hy,通用,10.00,10,1000,1.00%,1.00,4",
    )
    frame = load(
        text("编号,日期,账户,推广计划,消耗,点击数,展示数,点击率,点击均价,有消耗词量", total, *rows).encode(
            "gbk"
        ),
        "sogou",
        2,
        1,
    )
    assert agrees(frame) == {"cost": True, "clicks": True, "impressions": True}
    assert frame["有消耗词量"].tolist() == [5, 4]
    assert frame.attrs["currency"] == "CNY"


def test_shenma():
    header = '"日期","关键词","状态","启用/暂停","出价","匹配模式","访问URL","推广单元","推广计划","消费","平均点击价格","点击","展示","点击率"'
    rows = ('"2017-10-22","禾屿","有效","启用","1.50","精确","https://m.example.com/?a=1,2","核心","品牌","50.00","0.50","100","2,000","5.00%"',
            '"2017-10-23","禾屿","有效","启用","1.50","精确","https://m.example.com/","核心","品牌","10.00","1.00","10","1,000","1.00%"')  # fmt: skip
    frame = load(text(header, *rows).encode("gbk"), "shenma", 2)
    assert (frame["cost"].sum(), frame["impressions"].sum()) == (60.0, 3000)
    assert frame["出价"].tolist() == [1.5, 1.5]
    assert frame["page"].tolist()[0] == "https://m.example.com/?a=1,2"
    assert frame.attrs["period"] == ("2017-10-22", "2017-10-23")
    assert (
        load(
            text(header, *rows, '"合计","","","","","","","","","60.00","0.55","110","3,000","3.67%"'),
            "shenma",
            2,
            1,
        ).attrs["totals"][0]["cost"]
        == 60
    )
    assert "keyword" in load(text(header), "shenma", 0)


@pytest.mark.parametrize("hour", ["8", "08:00", "08:00-08:59"])
def test_uc_feed(hour):
    header = "日期,时间,账户id,账户,计划id,计划,展现,点击,消费,点击率,平均点击价格,千次展现价格"
    rows = (
        f"2018-04-19,{hour},10234567,hy,20345678,春季,1000,20,30.00,2.00%,1.50,30.00",
        "2018-04-19,23,10234567,hy,20345678,春季,500,5,5.00,1.00%,1.00,10.00",
    )
    frame = load(text(header, *rows), "uc", 2)
    assert frame["hour"].tolist() == [8, 23]
    assert frame["campaign_id"].tolist() == ["20345678"] * 2
    assert frame["账户id"].tolist() == ["10234567"] * 2
    assert frame["cpm"].tolist() == [30.0, 10.0]
    assert frame["cost"].sum() == 35.0
    assert frame.attrs["period"] == ("2018-04-19", "2018-04-19")


# Ocean Engine


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
@pytest.mark.parametrize(
    "percent", [("点击率%", "2.97"), ("点击率(%)", "2.97"), ("点击率（%）", "2.97"), ("点击率", "2.97%")]
)
def test_ocean_engine_units(encoding, percent):
    name, value = percent
    header = f"时间-天,项目ID,项目名称,单元名称,单元ID,转化目标,单元出价,消耗,展示数,平均千次展现费用(元),点击数,{name},平均点击单价(元),转化数,平均转化成本,转化率%,深度转化数"
    rows = (f"2025-05-01,7123456789012345678,春季,单元一,7123456789012345679,下单,30.00,\"1,050.00\",10000,105.00,297,{value},3.54,30,35.00,10.10,3",
            f"2025-05-02,7123456789012345678,春季,单元一,7123456789012345679,下单,30.00,50.00,10000,5.00,297,{value},0.17,10,5.00,3.37,-")  # fmt: skip
    frame = load(
        text(header, *rows, "合计,,,,,,,1100.00,20000,55.00,594,2.97,1.85,40,27.50,6.73,3").encode(encoding),
        "ocean_engine",
        2,
        1,
    )
    assert frame["ctr_reported"].tolist() == pytest.approx([0.0297, 0.0297])
    assert frame["ctr"].tolist() == pytest.approx([0.0297, 0.0297])
    assert frame["cvr_reported"].tolist() == pytest.approx([0.101, 0.0337])
    assert frame["campaign_id"].unique().tolist() == ["7123456789012345678"]
    assert frame["ad_group"].tolist() == ["单元一"] * 2
    assert frame["cost"].tolist() == [1050.0, 50.0]
    assert frame["deep_conversions"].tolist()[0] == 3 and np.isnan(frame["deep_conversions"][1])
    assert frame.attrs["currency"] == "CNY"
    assert all(agrees(frame).values())


def test_ocean_engine_material_has_no_date():
    frame = load(text("素材ID,消耗,展示数,点击数,点击率(%),平均千次展现费用(元),转化数,转化成本,激活数,计费当日付费金额,素材评估",
                      "7123456789012345678,100.00,10000,200,2.00,10.00,5,20.00,7,66.60,优质", "7123456789012345679,50.00,0,0,--,--,0,--,0,0.00,--"), "ocean_engine", 2)  # fmt: skip
    assert "date" not in frame
    assert frame.attrs["period"] is None
    assert frame["ad_id"].tolist() == ["7123456789012345678", "7123456789012345679"]
    assert frame["ctr_reported"][0] == 0.02
    assert np.isnan(frame["ctr"][1]) and np.isnan(frame["ctr_reported"][1])
    assert frame["计费当日付费金额"].sum() == 66.6
    assert frame["素材评估"][0] == "优质" and pd.isna(frame["素材评估"][1])


def test_ocean_engine_videos():
    frame = load(text("视频标题,视频id,素材ID,消耗,展示数,点击数,激活数,付费次数,内容类型",
                      '"软, 薄",v0200f000001,7123456789012345678,100.00,10000,200,7,3,口播'), "ocean_engine", 1)  # fmt: skip
    assert frame["title"][0] == "软, 薄"
    assert {"v0200f000001", "7123456789012345678"} <= {str(cell) for cell in frame.iloc[0]}
    assert frame["cpm"][0] == 10.0


def test_toutiao_2018():
    header = (
        "时间,广告计划id,广告计划,广告组id,广告组,展示数,点击数,点击率,平均点击价格,平均千次展现费用,总花费"
    )
    frame = load(
        text(
            header,
            "2018-04-19,1598000000000001,计划一,1597000000000001,组一,10000,200,2.00%,0.50,10.00,100.00",
        ).encode("gbk"),
        "ocean_engine",
        1,
    )
    assert frame.loc[0, ["campaign", "ad_group", "campaign_id", "ad_group_id"]].tolist() == [
        "组一",
        "计划一",
        "1597000000000001",
        "1598000000000001",
    ]
    assert (frame["cost"][0], frame["cpc"][0], frame["ctr_reported"][0]) == (100.0, 0.5, 0.02)


def test_toutiao_audience_workbook():
    metrics = [
        "展示数",
        "展示数TGI",
        "点击数",
        "点击TGI",
        "点击率(%)",
        "平均点击单价(元)",
        "平均千次展现费用(元)",
        "总花费(元)",
    ]
    names = ["省级地域", "地级市", "性别", "年龄", "兴趣", "平台", "设备"]
    book = xls({name: [[name, *metrics], ["甲", 1000, 98.5, 20, 101.2, 2.0, 0.5, 10.0, 10.0], ["乙", "3000", "1", "30", "2", "1.0", "1", "10", "30"]]
                for name in names})  # fmt: skip
    assert exports.tables(book) == names
    frame = load(book, "ocean_engine", 2)
    assert frame.attrs["encoding"] == "xls"
    assert frame["region"].tolist() == ["甲", "乙"]
    for name, column in (("地级市", "city"), ("性别", "性别"), ("设备", "device")):
        frame = load(book, "ocean_engine", 2, table=name)
        assert frame.attrs["table"] == name
        assert frame[column].tolist() == ["甲", "乙"]
        assert (frame["cost"].sum(), frame["clicks"].sum()) == (40.0, 50)
        assert frame["ctr_reported"].tolist() == [0.02, 0.01]
        assert frame["展示数TGI"].tolist() == [98.5, 1.0]
    with pytest.raises(ExportError, match="no table '年岁'"):
        exports.read(book, table="年岁")


# Tencent

TENCENT = [
    "日期",
    "推广计划",
    "广告名称",
    "曝光次数",
    "点击次数",
    "点击率",
    "点击均价",
    "花费(元)",
    "千次展现均价",
    "目标转化量",
    "目标转化率",
    "目标转化成本",
]


def test_tencent_workbook():
    book = xls({"Sheet1": [TENCENT, ["2025-05-01", "春季", "甲", 10000, 200, "2.00%", 0.5, 100.25, 10.03, 10, "5.00%", 10.03],
                           ["2025-05-02", "春季", "乙", "10,000", 100, "1.00%", 0.5, 50, 5, "-", "-", "-"],
                           ["总计", "", "", 20000, 300, "1.50%", 0.5, 150.25, 7.51, 10, "3.33%", 15.03]]})  # fmt: skip
    frame = load(book, "tencent", 2, 1)
    assert (frame.attrs["encoding"], frame.attrs["currency"]) == ("xls", "CNY")
    assert frame["cost"].tolist() == [100.25, 50.0]
    assert frame["conversions"].tolist()[0] == 10 and np.isnan(frame["conversions"][1])
    assert frame["cvr_reported"][0] == 0.05
    assert all(agrees(frame).values())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_tencent_csv(encoding):
    row = "20250501,春季,甲,10000,200,2.00%,0.50,￥100.25,10.03,10,5.00%,10.03"
    frame = load(text(",".join(TENCENT).replace("(元)", "（元）"), row, "").encode(encoding), "tencent", 1)
    assert frame.loc[0, ["date", "cost", "clicks"]].tolist() == [pd.Timestamp(2025, 5, 1), 100.25, 200]
    assert "conversions" in load(text(",".join(TENCENT)).encode(encoding), "tencent", 0)


# Xiaohongshu

XHS = "时间,计划名称,单元名称,投放位置,消费,展现量,点击量,点击率,平均点击成本,平均千次展示费用,点赞,评论,收藏,关注,分享,互动量,多转化人数（添加企微+私信咨询）,私信进线数"
XHS_ROWS = (
    "{},种草,单元一,信息流,32.10,1000,32,3.20%,1.00,32.10,10,2,5,1,2,20,1,0",
    "{},种草,单元一,搜索,67.90,1000,68,6.80%,1.00,67.90,1,0,0,0,0,1,--,2",
)
XHS_TOTAL = "合计,-,-,-,100.00,2000,100,5.00%,1.00,50.00,11,2,5,1,2,21,1,2"


@pytest.mark.parametrize("brackets", ["full", "half"])
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("days", [("2025-05-01", "2025-05-14"), ("2025-05-01 00:00:00", "2025-05-14 00:00:00"),
                                  ("01/05/2025", "14/05/2025"), ("2025/5/1", "2025/5/14"), ("1/5/2025 0:00", "14/5/2025 0:00")])  # fmt: skip
def test_xiaohongshu(place, days, brackets):
    rows = [row.format(day) for row, day in zip(XHS_ROWS, days, strict=True)]
    rows.insert(place, XHS_TOTAL)
    header = XHS if brackets == "full" else XHS.replace("（", "(").replace("）", ")")
    frame = load("\ufeff" + text(header, *rows), "xiaohongshu", 2, 1)
    assert frame["date"].tolist() == [pd.Timestamp(2025, 5, 1), pd.Timestamp(2025, 5, 14)]
    assert frame.attrs["period"] == ("2025-05-01", "2025-05-14")
    assert frame.attrs["totals"][0]["row"] == 2 + place
    assert all(agrees(frame).values())
    assert frame["cost"].sum() == 100.0
    people = "多转化人数（添加企微+私信咨询）" if brackets == "full" else "多转化人数(添加企微+私信咨询)"
    assert frame[people].tolist()[0] == 1 and pd.isna(frame[people].tolist()[1])
    five = frame[["likes", "comments", "saves", "follows", "shares"]].sum(axis=1)
    assert five.tolist() == frame["engagements"].tolist() == [20, 1]
    assert frame["ctr_reported"].tolist() == pytest.approx([0.032, 0.068])
    assert frame["placement"].tolist() == ["信息流", "搜索"]


def test_xiaohongshu_ambiguous_days_are_asked_for():
    content = text(
        XHS, *(row.format(day) for row, day in zip(XHS_ROWS, ("01/05/2025", "03/05/2025"), strict=True))
    )
    with pytest.raises(ExportError, match="dayfirst"):
        exports.read(content.encode())
    assert load(content, "xiaohongshu", 2, dayfirst=True)["date"].tolist() == [
        pd.Timestamp(2025, 5, 1),
        pd.Timestamp(2025, 5, 3),
    ]
    assert load(content, "xiaohongshu", 2, dayfirst=False)["date"].tolist() == [
        pd.Timestamp(2025, 1, 5),
        pd.Timestamp(2025, 3, 5),
    ]


def test_xiaohongshu_empty_and_total_only():
    assert {"date", "cost", "likes", "engagements"} <= set(load(text(XHS), "xiaohongshu", 0))
    assert load(text(XHS, XHS_TOTAL), "xiaohongshu", 0, 1).attrs["totals"][0]["cost"] == 100.0


# Baidu Tongji


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_baidu_tongji(encoding):
    header = "日期,浏览量(PV),浏览量占比,访问次数,访客数(UV),新访客数,新访客比率,IP数,跳出率,平均访问时长,平均访问页数,转化次数,转化率"
    rows = (
        '2025-05-01,"1,200",60.00%,400,300,120,40.00%,280,45.30%,00:03:12,3.00,8,2.00%',
        "2025-05-02,800,40.00%,200,180,--,--,170,--,--,4.00,--,--",
    )
    frame = load(
        text(header, *rows, '合计,"2,000",100.00%,600,--,--,--,--,--,--,3.33,8,1.33%').encode(encoding),
        "baidu_tongji",
        2,
        1,
    )
    assert (frame["pageviews"].sum(), frame["sessions"].sum()) == (2000, 600)
    assert frame["bounce_rate"].tolist()[0] == pytest.approx(0.453) and np.isnan(frame["bounce_rate"][1])
    assert frame["duration"].tolist()[0] == 192.0 and np.isnan(frame["duration"][1])
    assert frame["new_users"].isna().tolist() == [False, True]
    assert str(frame["new_users"].dtype) == "Int64"
    assert frame["转化率"][0] == 0.02
    assert any("users must not be added up" in note for note in frame.attrs["notes"])
    assert all(agrees(frame).values())


def test_baidu_tongji_units_in_the_header_and_other_tool():
    frame = load(
        text(
            "日期,浏览量(PV),访问次数,访客数(UV),跳出率 %,平均访问时长,平均停留时长(秒),收益(元)",
            "2025-05-01,1200,400,300,45.3,192,64,99.50",
        ),
        "baidu_tongji",
        1,
    )
    assert (frame["bounce_rate"][0], frame["duration"][0], frame["revenue"][0]) == (
        pytest.approx(0.453),
        192.0,
        99.5,
    )
    assert frame["平均停留时长(秒)"][0] == 64.0
    other = load(
        text(
            "网站概况 趋势",
            "时间,IP数,访问数(PV),访客数(UV),新访客数,会话数,跳出率,平均访问时长",
            "2025-05-01,280,1200,300,120,400,45.3%,03:12",
        ).encode("gbk"),
        "baidu_tongji",
        1,
    )
    assert other.loc[0, ["pageviews", "users", "sessions", "duration"]].tolist() == [1200, 300, 400, 192.0]
    assert other["bounce_rate"][0] == pytest.approx(0.453)
    assert other.attrs["title"] == "网站概况 趋势"


# Any platform


def test_unknown_language_needs_aliases():
    content = text("Kampanja,Näytöt,Klikkaukset,Kustannus,Oma sarake", "kevät,1000,50,25.50,x")
    with pytest.raises(ExportError, match="aliases") as caught:
        exports.read(content.encode())
    assert caught.value.columns == ["Kampanja", "Näytöt", "Klikkaukset", "Kustannus", "Oma sarake"]
    with pytest.raises(ExportError):
        exports.sniff(content.encode())
    own = {"Kampanja": "campaign", "Näytöt": "impressions", "Klikkaukset": "clicks", "Kustannus": "cost"}
    frame = load(content, "google_ads", 1, platform="google_ads", aliases=own)
    assert frame.loc[0, ["campaign", "impressions", "clicks", "cost", "cpc", "Oma sarake"]].tolist() == [
        "kevät",
        1000,
        50,
        25.5,
        0.51,
        "x",
    ]
    with pytest.raises(ExportError, match=r"no canonical column.*costs|costs.*no canonical column"):
        exports.read(content.encode(), platform="google_ads", aliases={"Kustannus": "costs"})


def test_workbook_of_dates_called_csv(tmp_path):
    path = tmp_path / "report.csv"
    path.write_bytes(xlsx([["Campaign report"], ["May 1, 2025 - May 31, 2025"], ["Day", "Campaign", "Campaign ID", "Impr.", "Clicks", "Cost"],
                           [datetime(2025, 5, 1), "A", 18123456789, 1000, 10, 4.25], ["Total: Campaigns", " --", " --", 1000, 10, 4.25]]))  # fmt: skip
    frame = exports.read(path)
    assert exports.sniff(path).platform == frame.attrs["platform"] == "google_ads"
    assert frame.loc[0, ["date", "campaign_id", "cost"]].tolist() == [
        pd.Timestamp(2025, 5, 1),
        "18123456789",
        4.25,
    ]
    assert frame.attrs["rows"] == {"in": 2, "out": 1, "totals": 1, "set_aside": 0, "blank": 0}
    assert all(agrees(frame).values())


def google_days(currency):
    """Two days of Google Ads in a currency."""
    return exports.read(text("Day,Campaign,Currency code,Impr.,Clicks,Cost,Conversions", f"2016-04-20,A,{currency},1000,100,80.00,4",
                             f"2016-04-21,A,{currency},1000,100,20.00,6").encode())  # fmt: skip


def test_canonical_refuses_two_currencies_by_name():
    baidu_frame = exports.read(baidu("plan_daily_2016").encode("gbk"))
    with pytest.raises(ExportError, match=r"currencies differ: google_ads .* USD, baidu .* CNY"):
        exports.canonical([google_days("USD"), baidu_frame])
    stacked = exports.canonical([google_days("USD"), baidu_frame], without=["cost"])
    assert stacked["platform"].tolist() == ["google_ads"] * 2 + ["baidu"] * 2
    assert not {"cost", "cpc", "cpm", "cpa"} & set(stacked)
    assert stacked["clicks"].sum() == 300
    assert stacked["ctr"].tolist() == pytest.approx([0.1, 0.1, 0.05, 0.05])


def test_canonical_of_one_currency_keeps_the_money():
    stacked = exports.canonical([google_days("CNY"), exports.read(baidu("plan_daily_2016").encode("gbk"))])
    assert stacked["cost"].sum() == 150.0
    assert stacked.attrs["currency"] == "CNY"
    assert stacked.attrs["platforms"] == ["google_ads", "baidu"]
    assert stacked["conversions"].isna().tolist() == [False, False, True, True]
    assert stacked["cpc"].tolist() == pytest.approx([0.8, 0.2, 30.5 / 60, 19.5 / 40])


def test_canonical_refuses_claims_by_untold_windows():
    terms = exports.read(baidu("search_terms_2017").encode("gbk"))
    with pytest.raises(ExportError, match="conversions are claims"):
        exports.canonical([google_days("CNY"), terms])
    assert exports.canonical([google_days("CNY"), terms], without="conversions")["cost"].sum() == 150.0
