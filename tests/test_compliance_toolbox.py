import html

import pandas as pd
import pytest

from mktlib import compliance, data, world
from mktlib.compliance import highlight, may_send, normalise, quality, screen, standard_rules, word_rule
from mktlib.inputs import BadValue, ColumnMissing

RULES = standard_rules()


def kinds(text):
    return set(screen(pd.Series([text]), RULES)["kind"])


# --- normalising


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("顶*级柔软", "顶级柔软"),
        ("顶 级 柔软", "顶级柔软"),
        ("顶\u200b级柔软", "顶级柔软"),
        ("“顶”“级”柔软", "顶级柔软"),
        ("頂級柔软", "顶级柔软"),
        ("鼎级柔软", "顶级柔软"),
        ("dingji柔软", "顶级柔软"),
        ("ＮＯ．１", "第一"),
        ("№1", "第一"),
        ("No. 1", "第一"),
        ("TOP 1", "第一"),
        ("第①", "第一"),
        ("di一", "第一"),
        ("弟一", "第一"),
        ("第壹", "第一"),
        ("蕞好", "最好"),
        ("zui好", "最好"),
        ("ZUI 安全", "最安全"),
        ("醉柔软", "最柔软"),
        ("嘴安全", "最安全"),
        ("国-家-级", "国家级"),
        ("国jia级", "国家级"),
        ("惟一", "唯一"),
        ("百分之百", "100%"),
    ],
)
def test_a_disguise_reads_like_the_word(line, plain):
    assert normalise(line) == plain


@pytest.mark.parametrize(
    "line",
    [
        "奶嘴柔软",
        "喝醉了",
        "第10包",
        "第12周",
        "弟弟一起玩",
        "自嘲的嘴角",
        "张嘴大口吃",
        "小嘴好忙",
        "amazuing",
    ],
)
def test_what_is_no_disguise_stays(line):
    assert normalise(line) == line


def test_marks_between_clauses_stay_in_one_form():
    assert normalise("真的,好! 吗?") == "真的，好！吗？"


# --- screening: what is banned


@pytest.mark.parametrize(
    "line",
    [
        "全国销量第一的纸尿裤",
        "全网最安全的湿巾",
        "最软的拉拉裤",
        "顶级柔软",
        "国家级品质",
        "妈妈首选",
        "行业唯一",
        "质量最好",
        "顶*级柔软",
        "蕞 好 用 ，不接受反驳",
        "zui安全的那一款",
        "醉安全的材质",
        "销量NO.1",
        "销量ＮＯ．１",
        "全国no1",
        "全网Top1",
        "第①品牌",
        "di一品牌",
        "頂級棉柔",
        "国·家·级品质",
        "惟一推荐",
        "销量冠军",
        "百分之百安全",
        "100 % 有效",
        "绝对不漏",
        "独一无二的柔软",
        "遥遥领先的吸水力",
        "吸水力🥇",
        "我们是全国最好的纸尿裤",
        "第一次用就知道，全网最好的湿巾",
        "最近上新，最安全的拉拉裤",
        "最好用！",
    ],
)
def test_an_absolute_term_is_found_in_clear_and_in_disguise(line):
    assert kinds(line) == {"ABS"}


@pytest.mark.parametrize(
    "line",
    [
        "婴儿面霜，祛湿疹",
        "护臀膏三天治好红屁屁",
        "湿疹克星",
        "红屁屁不见了，全靠它",
        "米粉提高免疫力",
        "消*炎又保湿",
        "用一次便秘全消",
        "预防过敏从第一片开始",
        "医生都推荐",
    ],
)
def test_a_medical_claim_is_found(line):
    assert "MED" in kinds(line)


@pytest.mark.parametrize(
    "line",
    [
        "配方接近母乳",
        "接 近 母*乳的米粉",
        "可替代夜奶的一餐",
        "母乳般的营养",
        "断夜奶神器",
        "喝它就不用母乳了",
        "营养堪比母乳",
        "母乳平替",
    ],
)
def test_a_claim_to_replace_breast_milk_is_found(line):
    assert kinds(line) == {"MILK"}


# --- screening: what the context allows


@pytest.mark.parametrize(
    "line",
    [
        "最近上新",
        "最后一步，抹护臀膏",
        "第一次用拉拉裤，先试一片",
        "宝宝的第一口辅食",
        "第一步，先试水温",
        "最晚明天发货",
        "每次最多冲一餐",
        "满三件最低消费99元",
        "奶瓶最好每天消毒一次",
        "最好在睡前换上",
        "最佳冲调温度40℃",
        "储存温度最高不超过30℃",
        "比我们上一代薄0.3毫米，是禾屿目前最薄的一款",
        "在禾屿湿巾系列里，这款最厚",
        "顾客第一，不合适就退",
        "把服务放在第一位",
        "追求极致是我们的态度",
        "唯一订单号可查物流",
        "北京市第一医院对面",
        "我们不敢说最好",
        "首选尺码看体重",
        "100%棉",
        "检测项目100%公开",
        "绝对值得收藏的清单",
        "极地熊图案，极简包装",
        "奶嘴柔软，三种流速",
        "第10包半价",
        "不能代替药物，如有湿疹请就医",
        "本品不具有治疗湿疹的作用",
        "辅食不能替代母乳",
        "母乳不可替代",
        "母乳是婴儿理想的食物",
        "上班背奶的日子，带好防溢乳垫",
        "",
    ],
)
def test_context_excuses_a_word(line):
    assert kinds(line) == set()


def test_an_excuse_holds_for_its_own_word_only():
    found = screen(pd.Series(["第一次用就知道，全国第一的湿巾"]), RULES)
    assert found[["start", "found"]].values.tolist() == [[10, "第一"]]


def test_a_comparison_with_others_is_no_self_comparison():
    assert kinds("比我们上一代更软，是全国最软的一款") == {"ABS"}


# --- what comes back


def test_a_finding_names_line_place_law_article_and_day():
    lines = pd.DataFrame({"text_zh": ["柔软", "很 顶*级"]}, index=[41, 42])
    (one,) = screen(lines, RULES).to_dict("records")
    assert (one["line"], one["found"], one["start"], one["end"]) == (42, "顶*级", 2, 5)
    assert (one["law"], one["article"], one["since"]) == (
        "Advertising Law",
        "Art. 9(3)",
        pd.Timestamp("2015-09-01"),
    )


def test_no_finding_is_an_empty_table_with_the_same_columns():
    empty = screen(pd.Series(["柔软"]), RULES)
    assert empty.empty and list(empty) == list(screen(pd.Series(["顶级"]), RULES))


def test_every_rule_names_law_article_and_day():
    assert (RULES[["rule", "pattern", "law", "article", "reason"]] != "").all(axis=None)
    assert RULES["rule"].is_unique and RULES["since"].notna().all()


def test_no_rules_find_nothing():
    assert screen(pd.Series(["顶级"]), RULES.iloc[:0]).empty


def test_a_line_that_is_no_text_is_named():
    with pytest.raises(BadValue, match="line 1 holds no text"):
        screen(pd.Series(["好", None]), RULES)
    with pytest.raises(ColumnMissing):
        screen(pd.DataFrame({"text": ["好"]}), RULES)
    with pytest.raises(BadValue, match="str came"):
        screen("顶级", RULES)


def test_a_pattern_that_cannot_be_read_is_named():
    with pytest.raises(BadValue, match=r"rule 'rank'.*cannot be read"):
        screen(pd.Series(["好"]), RULES.assign(pattern=RULES["pattern"].mask(RULES["rule"] == "rank", "(")))


# --- a rule of one's own


def test_words_become_a_rule_and_are_no_regular_expressions():
    mine = word_rule("闭眼入 (a+)+b .*")
    lines = pd.Series(["湿巾，闭 眼*入", "aaaa", "任意"])
    assert screen(lines, mine)[["line", "found"]].values.tolist() == [[0, "闭 眼*入"]]


def test_a_word_that_excuses_covers_its_own_place_only():
    mine = word_rule("冠军", unless="奥运冠军")
    assert screen(pd.Series(["奥运冠军同款", "奥运冠军都说是冠军"]), mine)["start"].tolist() == [7]


@pytest.mark.parametrize("empty", ["", "  ", "* -"])
def test_no_words_are_no_rule(empty):
    mine = word_rule(empty)
    assert mine.empty and screen(pd.Series(["顶级"]), pd.concat([RULES, mine]))["rule"].tolist() == ["rank"]


# --- quality


def test_accuracy_praises_a_screen_that_finds_nothing():
    banned = pd.Series([True] + [False] * 19)
    found = quality(pd.Series([False] * 20), banned)
    assert found["accuracy"] == 0.95 and found["recall"] == 0 and pd.isna(found["precision"])


def test_precision_and_recall_have_different_denominators():
    flagged, banned = (
        pd.Series([True, True, True, False, False]),
        pd.Series([True, False, False, True, False]),
    )
    assert quality(flagged, banned).round(3).tolist() == [0.333, 0.5, 0.4]


def test_quality_needs_the_same_lines_and_all_labels():
    yes = pd.Series([True, False])
    with pytest.raises(BadValue, match="same index"):
        quality(yes, pd.Series([True, False], index=[1, 2]))
    with pytest.raises(BadValue, match="drop lines without a label"):
        quality(yes, pd.Series([True, None]))
    with pytest.raises(BadValue):
        quality(yes.iloc[:0], yes.iloc[:0])


def test_lines_that_nobody_read_are_screened_nearly_as_well_as_those_that_were():
    unseen = world.truth("copy_holdout")
    flagged = pd.Series(unseen.index.isin(screen(unseen, RULES)["line"]), unseen.index)
    precision, recall, _ = quality(flagged, unseen["label"] == "banned")
    assert recall > 0.6 and precision > 0.5  # the word list: recall below 0.5, precision below 0.35
    read = data.load("copy_lines").iloc[:200]
    assert set(screen(read, RULES)["line"]) == set(read.index[read["label"] == "banned"])


# --- showing


@pytest.mark.parametrize("line", ["<img src=x onerror=alert(1)>顶级", '顶"><script>级', "a&b最安全</mark>"])
def test_what_somebody_typed_is_escaped(line):
    findings = screen(pd.Series([line]), pd.concat([RULES, word_rule("script", reason='"><b>')]))
    shown = highlight(line, findings)
    bare = shown.replace("</mark>", "")
    for tag in set(pd.Series([shown]).str.findall(r'<mark title="[^"<>]*">').iloc[0]):
        bare = bare.replace(tag, "")
    assert "<mark" in shown and "<" not in bare and html.unescape(bare) == line


def test_overlapping_findings_mark_a_letter_once():
    line = "最顶级的"
    shown = highlight(line, screen(pd.Series([line]), RULES))
    assert shown.count("<mark") == 1 and "最顶级</mark>的" in shown


def test_without_findings_the_line_stands_as_it_is():
    assert highlight("a<b", screen(pd.Series(["a<b"]), RULES)) == "a&lt;b"


# --- consent

LOG = pd.DataFrame(
    [
        (1, "marketing", "SMS", "2025-01-01 10:00", "given"),
        (1, "marketing", "e-mail", "2025-01-01 10:00", "given"),
        (1, "marketing", "e-mail", "2025-06-01 08:59", "withdrawn"),
        (2, "order service", "SMS", "2025-01-01 10:00", "given"),
        (2, "child data", "SMS", "2025-01-01 10:00", "given"),
        (3, "marketing", "e-mail", "2025-06-01 09:00", "given"),
    ],
    columns=["customer_id", "purpose", "channel", "recorded_at", "state"],
).astype({"recorded_at": "datetime64[s]"})
PEOPLE = pd.Series([3, 1, 2, 9], index=["c", "a", "b", "nobody"])


def test_one_tick_does_not_cover_all():
    sms = may_send(PEOPLE, LOG, "marketing", "SMS", "2025-07-01")
    assert sms.to_dict() == {"c": False, "a": True, "b": False, "nobody": False}
    mail = may_send(PEOPLE, LOG, "marketing", "e-mail", "2025-07-01")
    assert mail.to_dict() == {"c": True, "a": False, "b": False, "nobody": False}
    assert may_send(PEOPLE, LOG, "child data", "SMS", "2025-07-01").sum() == 1


def test_the_moment_decides():
    at = [
        may_send(PEOPLE, LOG, "marketing", "e-mail", moment)["a"]
        for moment in ("2025-05-31", "2025-06-01 09:00")
    ]
    assert at == [True, False]
    assert not may_send(PEOPLE, LOG, "marketing", "e-mail", "2025-06-01 09:00")[
        "c"
    ]  # recorded at nine, not before it


def test_each_may_have_a_moment_of_their_own():
    moments = pd.to_datetime(
        pd.Series(["2025-07-01", "2025-05-01", "2025-07-01", "2025-07-01"], index=PEOPLE.index)
    )
    assert may_send(PEOPLE, LOG, "marketing", "e-mail", moments).to_dict()["a"]


def test_a_list_twice_answers_twice_and_an_empty_one_not_at_all():
    table = pd.DataFrame({"customer_id": [1, 1]}, index=[7, 8])
    assert may_send(table, LOG, "marketing", "SMS", "2025-07-01").to_dict() == {7: True, 8: True}
    assert may_send(table.iloc[:0], LOG, "marketing", "SMS", "2025-07-01").empty


def test_a_purpose_that_nobody_was_asked_for_is_no_silent_no():
    with pytest.raises(BadValue, match="no purpose 'advertising'"):
        may_send(PEOPLE, LOG, "advertising", "SMS", "2025-07-01")
    with pytest.raises(BadValue, match="did you mean 'SMS'"):
        may_send(PEOPLE, LOG, "marketing", "sms", "2025-07-01")
    with pytest.raises(BadValue, match="moment"):
        may_send(PEOPLE, LOG, "marketing", "SMS", pd.Series([pd.NaT] * 4, PEOPLE.index))


def test_the_module_says_that_it_is_no_legal_advice():
    assert "not legal advice" in compliance.__doc__
