"""Copy and compliance: lines screened by rules that are data, the screen measured, consent asked for. Earned in J09.

A teaching aid, not legal advice. Law as of 31 December 2025; each rule names its law, article and date:
    ABS   Advertising Law of the PRC (2015, amended 2018 and 2021) Art. 9(3), read with the regulator's guide to
          enforcement on absolute terms (SAMR, 25 February 2023), Art. 5 to 7
    MED   the same law, Art. 17; for food also Food Safety Law Art. 73, for cosmetics Regulations (2021) Art. 43
    MILK  the same law, Art. 20
A screen sorts lines for a person to read. It clears nothing: Art. 28 (false or misleading) needs facts, not words.
"""

import html
import re
import unicodedata

import pandas as pd

from mktlib.errors import did_you_mean
from mktlib.inputs import BadValue, check_columns
from mktlib.mail import agreed

AD_LAW = "Advertising Law"
AD_LAW_SINCE = "2015-09-01"
COLUMNS = ["rule", "kind", "pattern", "unless", "law", "article", "since", "reason"]
KEPT = "，。！？；：、%"  # marks that part clauses or belong to a claim; all others may be disguise
CHINESE = str.maketrans(",!?;:", "，！？；：")

PRAISE = "好|佳|优|强|高|低|棒|牛|美|大|安|放心|温|柔|软|薄|厚|轻|透|舒|干|净|快|新|先进|专业|值|受|信|省|划算|便宜|健康|有效"
GOOD = "安全|安心|放心|好用|舒服|舒适|柔软|温和|专业|优|佳|先进|健康|值得|划算"
FOLDS = [  # (disguise, plain), applied in this order to small letters without signs and blanks
    (r"[頂鼎锭](?=[级級尖]|ji)|(?<![a-z])ding(?=[级級]|ji(?![a-z]))", "顶"),
    (r"級|(?<=[顶家高])ji(?![a-z])", "级"),
    (r"國|囯|(?<![a-z])guo(?=家|jia)", "国"),
    (r"(?<=国)(?:jia|傢)", "家"),
    (rf"蕞|朂|(?<![a-z])zui(?![a-z])|醉(?={PRAISE})|(?:罪|(?<![奶小张])嘴)(?={GOOD})", "最"),
    (r"(?:苐|(?<![弟兄小])弟)(?=[一1壹](?!起|样)|yi)|(?<![a-z])di(?=[一1壹]|yi(?![a-z]))", "第"),
    (r"(?<=第)(?:1(?!\d)|壹|yi(?![a-z]))", "一"),
    (r"(?<![a-z])(?:no|top|number)(?:1(?!\d)|一|壹|one)|🥇", "第一"),
    (r"惟一|[唯惟]yi|(?<![a-z])wei一", "唯一"),
    (r"首xuan|shou选", "首选"),
    (r"百分之?百|百分之一百", "100%"),
]

OWN = r"(?:比我们|我们目前|我们家|自家|本品牌|禾屿|同系列|上一代)(?:(?!全国|全网|行业|业内|市场|同行|国内|全球|世界)[^。！？])*?最."
DENIED = (
    r"(?:不是|并非|不敢说|不敢称|不说|不用|不必|不求|不追求|别信|谈不上|不一定|拒绝|没有所谓)[^，。！？]{0,5}"
)
USE = "在|每|先|再|不|别|提前|隔|等|趁|放|搭配|选|换|用(?=[^，。！？的了不])|洗|开|存|由|让|把|避|留|一次|当天|两|三"
ILL = "湿疹|黄疸|红臀|红屁股|红屁屁|尿布疹|尿疹|痱子|过敏|皮炎|便秘|腹泻|拉肚子|感冒|发烧|咳嗽|绞痛|胀气|炎症|鹅口疮|贫血|缺钙|佝偻"
CURES = "治|疗|祛|驱|去|退|消|除|告别|赶走|克|预防|防|抗|缓解|改善|减轻|修复|止"
LIKE = "替代|代替|取代|顶替|等同|等于|媲美|接近|贴近|堪比|胜过|比得上|不输|不逊|相当于|如同|近似|赛过|超越|好过|一样|抵得上|顶得上"
MILK = "母乳|夜奶|喂奶|奶水|亲喂|妈妈的奶|一顿奶|人乳"

_RULES = [
    ("superlative", "ABS", "最(?!近|后|初|终|早|晚|迟|多|少|低消费)[^，。！？]{0,2}",
     [OWN, DENIED + "最", rf"最[好佳](?:{USE})", "最佳?[^，。！？]{0,6}(?:温度|水温|时间|时机|方法|方式|顺序|用量|赏味期|期限)",
      "最[高低大小长短](?:不超过|不低于|温|水温|可调|容量|承重|尺码|码|号|档)", "(?:不要|别|不可)[^，。！？]{0,6}最"],
     "Art. 9(3)", "a superlative about the article"),
    ("first", "ABS", "第一",
     ["第一(?:次|步|口|天|时间|件事|件衣|课|年|个月|周|胎|遍|眼|层|页|排|医院|人民医院|中学|小学|代|节|批|顿|餐|双|声|句|本|杯|勺|晚|夜|章|条|期|季|财经)",
      "(?:放在|摆在|排在|永远是)第一位?", "(?:顾客|用户|客户|安全|服务|质量|健康|宝宝)第一(?!品牌|名)", "(?:人生|宝宝的?|孩子的?)第一"],
     "Art. 9(3)", "a claim to be first"),
    ("rank", "ABS", "国家级|世界级|宇宙级|顶级|顶尖|极品|极致|极佳|至尊|冠军|首选|唯一|独一无二|绝无仅有|史无前例|天花板|之王|之最|"
     "无敌|无可替代|遥遥领先|领导品牌|(?:全国|全球|世界|行业|全网|国内)领先|无人能[及比敌]|没有对手",
     ["唯一(?:的?)(?:订单|编码|编号|码|识别|账号|凭证|收货|联系|地址|入口|序列|标识|防伪)", "(?:追求|力求|努力|目标|态度|朝着)[^，。！？]{0,6}极致",
      "顶级域名", "首选(?:项|码|尺码|语言)", DENIED + "(?:首选|唯一|冠军|顶级)", "(?:奥运|比赛|运动会)冠军"],
     "Art. 9(3)", "a rank above all others"),
    ("certain", "ABS", "(?:100%|绝对|永不|永远不)(?:安全|有效|放心|无|不|零|防|温和|满意|健康|漏|好用)",
     [DENIED + "(?:100%|绝对)", "绝对(?:不要|不能|不可|不允许)"], "Art. 9(3)", "certainty that nobody can prove"),
    ("cure", "MED", rf"治疗|治愈|根治|疗效|药效|药用|消炎|抗炎|抗敏|脱敏|退烧|通便|免疫力|抵抗力|处方|医用级?|临床|"
     rf"(?:{CURES})[^，。！？]{{0,4}}(?:{ILL})|(?:{ILL})[^，。！？]{{0,5}}(?:消失|不见|没了|好了|退|治|全消|拜拜|克星|救星|再见|跑|远离|无踪)|"
     "医生(?:都|也)?(?:推荐|说好|在用)|专治|药到病除|比药",
     [rf"(?:不能|不可|不得|不宜|不会|不具有?|没有|无|并非|不是|不作)[^。！？]{{0,8}}(?:治疗|治愈|疗效|药效|药用|处方|(?:{CURES})[^。！？]{{0,3}}(?:{ILL}))",
      rf"(?:{ILL}|不适|发红|异常)[^。！？]{{0,10}}(?:就医|看医生|问医生|咨询医生|停用)", "(?:遵医嘱|咨询医生|请就医)"],
     "Art. 17", "speaks of curing or preventing an illness"),
    ("milk", "MILK", rf"(?:{LIKE})[^。！？]{{0,6}}(?:{MILK})|(?:{MILK})[^。！？]{{0,6}}(?:{LIKE}|平替|替身)|第二口奶|母乳[化级般]|断夜奶|"
     "(?:不用|无需|不必|告别|省去)(?:母乳|喂奶|夜奶)|奶水不[足够]",
     [rf"(?:不能|不可|不会|无法|不得|不应|并不|不)(?:完全)?(?:{LIKE})[^。！？]{{0,6}}(?:{MILK})", rf"(?:{MILK})[^。！？]{{0,4}}(?:无可|不可|不能|无法)(?:被)?(?:{LIKE})",
      "(?:接近|贴近)母乳的?(?:温度|流速|喂养姿势)"],
     "Art. 20", "says that food replaces breast milk"),
]  # fmt: skip


def standard_rules():
    """The rules of the course, a DataFrame with one row per rule.

    Columns: rule (name), kind (ABS, MED, MILK), pattern and unless (regular expressions on normalised text; unless may be
    empty), law, article, since (day from which it holds), reason. Written from the lines 1 to 200 of `copy_lines` in the
    shipped world and from the law's own examples; J09 measures them on lines that nobody saw.
    """
    rows = [
        (name, kind, pattern, "|".join(unless), AD_LAW, article, AD_LAW_SINCE, reason)
        for name, kind, pattern, unless, article, reason in _RULES
    ]
    return pd.DataFrame(rows, columns=COLUMNS).assign(since=lambda table: pd.to_datetime(table["since"]))


def word_rule(words, unless="", kind="ABS", article="Art. 9(3)", reason="a rule of yours"):
    """One rule made from plain words, to be put below others with pd.concat.

    words, unless   words parted by blanks: "冠军 王牌"; nothing in them is a regular expression, and they are normalised
                    as lines are. A word of `unless` excuses a word that begins inside it: "冠军" unless "奥运冠军".
    Returns a DataFrame with the columns of standard_rules(): one row, or none where there is no word.
    """
    listed, excused = (
        [re.escape(normalise(one)) for one in str(text).split() if normalise(one)] for text in (words, unless)
    )
    row = ("yours", kind, "|".join(listed), "|".join(excused), AD_LAW, article, AD_LAW_SINCE, reason)
    return pd.DataFrame([row] if listed else [], columns=COLUMNS).assign(since=pd.Timestamp(AD_LAW_SINCE))


def normalise(text):
    """A line as it is read aloud: small letters, no blanks or signs inside words, disguises made plain.

    "顶*级" -> "顶级", "ＮＯ．１" -> "第一", "蕞 好 用" -> "最好用". Marks between clauses and the percent sign stay.
    """
    return "".join(letter for letter, _, _ in _spelled(text))


def _spelled(text):
    """The normalised line as a list of (letter, start, end): where in `text` each letter comes from."""
    letters = []
    for place, one in enumerate(str(text)):
        for letter in unicodedata.normalize("NFKC", one).casefold().translate(CHINESE):
            if letter.isalnum() or letter in KEPT or letter == "🥇":
                letters.append((letter, place, place + 1))
    for disguise, plain in FOLDS:
        letters = _folded(letters, disguise, plain)
    return letters


def _folded(letters, disguise, plain):
    """Letters with each match of `disguise` replaced; the new letters come from the whole of what they replace."""
    text, made, last = "".join(letter for letter, _, _ in letters), [], 0
    for found in re.finditer(disguise, text):
        start, end = found.span()
        made += letters[last:start] + [(one, letters[start][1], letters[end - 1][2]) for one in plain]
        last = end
    return made + letters[last:] if last else letters


def screen(lines, rules):
    """What the rules find in lines of copy: one row per place in a line, in the order of the lines.

    lines     Series of texts, or a DataFrame with the column text_zh; one row per line
    rules     DataFrame as standard_rules() gives it
    Returns a DataFrame with line (the label of the line in the index of `lines`), rule, kind, found (as it stands in the
    line), start, end (places in the line), law, article, since, reason. A match that begins within a match of the
    rule's `unless` is excused. No rows means that no rule fits, which is not the same as allowed.
    Raises ColumnMissing; BadValue for a line that is no text and a pattern that cannot be read.
    """
    texts = _texts(lines)
    check_columns(rules, COLUMNS)
    read = [
        (rule, _compiled(rule, "pattern"), _compiled(rule, "unless")) for rule in rules.to_dict("records")
    ]
    found = [{"line": line, **one} for line, text in texts.items() for one in _found(text, read)]
    return pd.DataFrame(found, columns=["line", "rule", "kind", "found", "start", "end", *COLUMNS[4:]])


def _texts(lines):
    if isinstance(lines, pd.DataFrame):
        check_columns(lines, ["text_zh"])
        lines = lines["text_zh"]
    if not isinstance(lines, pd.Series):
        raise BadValue(f"lines are a table with text_zh or a Series of texts; {type(lines).__name__} came.")
    for line, text in lines.items():
        if not isinstance(text, str):
            raise BadValue(f"line {line!r} holds no text but {text!r}; leave it out and say so.")
    return lines


def _compiled(rule, column):
    """The rule's pattern, or None where it is empty."""
    pattern = rule[column] if isinstance(rule[column], str) else ""
    try:
        return re.compile(pattern) if pattern else None
    except re.error as problem:
        raise BadValue(f"rule {rule['rule']!r}: {column} {pattern!r} cannot be read ({problem}).") from None


def _found(text, read):
    """What the rules find in one line, by place."""
    letters = _spelled(text)
    plain, rows = "".join(letter for letter, _, _ in letters), []
    for rule, pattern, unless in read:
        excused = [one.span() for one in unless.finditer(plain)] if unless else []
        for hit in pattern.finditer(plain) if pattern else ():
            if hit.end() > hit.start() and not any(a <= hit.start() < b for a, b in excused):
                start, end = letters[hit.start()][1], letters[hit.end() - 1][2]
                rows.append({"rule": rule["rule"], "kind": rule["kind"], "found": text[start:end], "start": start, "end": end,
                             **{name: rule[name] for name in COLUMNS[4:]}})  # fmt: skip
    return sorted(rows, key=lambda row: (row["start"], row["end"]))


def quality(flagged, banned):
    """How good a screen is on lines whose truth is known.

    flagged, banned   bool Series of the same index: what the screen said, what holds
    Returns a Series: precision (banned among the flagged), recall (flagged among the banned), accuracy (right answers
    among all), as fractions; NaN where there is nothing to divide by. Raises BadValue where the two do not fit.
    """
    if len(flagged) != len(banned) or not flagged.index.equals(banned.index):
        raise BadValue("flagged and banned are about different lines: both need the same index.")
    if not len(flagged) or flagged.isna().any() or banned.isna().any():
        raise BadValue(
            "quality needs at least one line, and a yes or no for each: drop lines without a label."
        )
    flagged, banned = flagged.astype(bool), banned.astype(bool)
    return pd.Series(
        {
            "precision": banned[flagged].mean(),
            "recall": flagged[banned].mean(),
            "accuracy": (flagged == banned).mean(),
        }
    )


def highlight(text, findings):
    """One line as HTML, what was found marked with its rule and article. Everything that is not ours is escaped.

    findings   rows of screen() for this line
    Returns a str. Where two findings overlap, the one that begins first is marked.
    """
    parts, last = [], 0
    for one in findings.sort_values(["start", "end"]).to_dict("records"):
        if one["start"] < last:
            continue
        said = html.escape(f"{one['kind']}, {one['article']}: {one['reason']}", quote=True)
        marked = html.escape(text[one["start"] : one["end"]])
        parts += [html.escape(text[last : one["start"]]), f'<mark title="{said}">{marked}</mark>']
        last = one["end"]
    return "".join([*parts, html.escape(text[last:])])


def may_send(people, consents, purpose, channel, on):
    """Whether each person may be written to: consent to this purpose in this channel was in force before the moment `on`.

    people     Series of customer ids, or a DataFrame with customer_id; one row per person on the list
    consents   the log of events: customer_id, purpose, channel, recorded_at, state
    purpose, channel   as they stand in the log: "marketing", "e-mail"; purposes other than marketing are kept under "SMS"
    on         the moment of sending, a time or a Series of times; what is recorded later is not known
    Returns a bool Series with the index of `people`. No event means no. Raises ColumnMissing; BadValue for a purpose or
    channel that the log does not know, and for a missing moment. Source: PIPL Art. 13 to 16.
    """
    check_columns(consents, ["customer_id", "purpose", "channel", "recorded_at", "state"])
    if isinstance(people, pd.DataFrame):
        check_columns(people, ["customer_id"])
        people = people["customer_id"]
    for column, asked in (("purpose", purpose), ("channel", channel)):
        known = sorted(consents[column].unique())
        if asked not in known:
            raise BadValue(f"The consent log has no {column} {asked!r}{did_you_mean(asked, known)}")
    people = pd.Series(people)
    moment = on if isinstance(on, pd.Series) else pd.Timestamp(on)
    asked = pd.DataFrame({"customer_id": people, "channel": channel, "at": moment}, index=people.index)
    return agreed(consents, asked, purpose).rename("may_send")
