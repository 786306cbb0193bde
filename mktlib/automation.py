"""Machines at the desk: how much to review, whom to believe, what to hide from them. Earned in S07.

Reviews: `exact` (interval of a share), `reviews_needed`, `slips_through`. Many variants: `shrink`, `regret`. A shock with a
date: `step`. A pilot with few sessions: `pilot`. Texts that leave the house: `personal`, `redact`, `redactor_quality`, with
`practice_lines` to measure them on. A model's paper: `card_gaps`. Screening of copy is mktlib.compliance's task, tests of two
arms are mktlib.ab's, limits for looks are mktlib.experiments'.
"""

import math
import re

import numpy as np
import pandas as pd

from mktlib.inputs import BadValue, check_columns

CARD = {
    "purpose": (),
    "not for": (),
    "data": ("from", "to", "rows"),
    "measure": ("name", "value", "low", "high", "sample"),
    "worst case": ("group", "value", "sample"),
    "owner": (),
    "off switch": (),
    "review": ("date",),
    "failures": (),
}

# --- reviews -------------------------------------------------------------------------


def exact(hits, size, level=0.95):
    """Exact interval of one share: (low, high). Holds for few hits in few units, where others are too narrow.

    hits, size   units with the property, and all units that were drawn by lot and looked at
    Formula: Clopper and Pearson (1934), quantiles of Beta(hits, size - hits + 1) and Beta(hits + 1, size - hits), (1 - level) / 2
    on each side. Never below its level, often above it; `mktlib.ab.wilson` is right on average. Raises BadValue.
    """
    from scipy.special import betaincinv

    _counts(hits, size)
    tail = (1 - _share("level", level)) / 2
    low = betaincinv(hits, size - hits + 1, tail) if hits else 0.0
    high = betaincinv(hits + 1, size - hits, 1 - tail) if hits < size else 1.0
    return float(low), float(high)


def slips_through(share, size, allowed=0):
    """Chance that a sample holds at most `allowed` defects although this share of all units has one.

    share   true share of defects, as a fraction; size   units looked at; allowed   defects at which the lot still passes
    Returns a float. Formula: the binomial distribution, Σ C(n, k) p^k (1 - p)^(n - k) for k up to allowed: the operating
    characteristic of a sampling plan (Dodge and Romig 1929). For samples below a tenth of the stock. Raises BadValue.
    """
    from scipy.special import bdtr

    _counts(min(allowed, size), size)
    if not 0 <= share <= 1:
        raise BadValue(f"share is a fraction between 0 and 1, 0.01 for 1 %; it is {share!r}.")
    return float(bdtr(allowed, size, share)) if allowed < size else 1.0


def reviews_needed(limit, allowed=0, level=0.95):
    """Units to look at, so that finding at most `allowed` defects says: below `limit`, at this level (one-sided).

    Returns an int: the smallest n with slips_through(limit, n, allowed) <= 1 - level. With none allowed it is
    ln(1 - level) / ln(1 - limit), near 3 / limit at 95 % (the rule of three; Hanley and Lippman-Hand 1983). Raises BadValue.
    """
    _share("limit", limit), _share("level", level)
    low, high = allowed, allowed + 1
    while slips_through(limit, high, allowed) > 1 - level:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        passes = slips_through(limit, middle, allowed) <= 1 - level
        low, high = (low, middle) if passes else (middle, high)
    return high


# --- many variants -------------------------------------------------------------------


def shrink(hits, size):
    """Rates of several arms, each drawn towards the mean of all as far as luck could have moved it.

    hits, size   Series with one entry per arm: clicks and impressions, for instance
    Returns a Series of rates with that index. Formula (empirical Bayes by moments; Efron and Morris 1975, James and Stein 1961):
    m = Σ hits / Σ size; luck = m (1 - m) / size; between = max(0, var(rates) - mean(luck)); rate = m + (own - m) x between /
    (between + luck). Where the arms differ by no more than luck does, all get m. Raises BadValue below three arms.
    """
    hits, size = pd.Series(hits, dtype=float), pd.Series(size, dtype=float)
    if len(hits) < 3 or not hits.index.equals(size.index):
        raise BadValue(
            f"shrink needs three arms or more with the same index in hits and size; there are {len(hits)}."
        )
    for arm in hits.index:
        _counts(hits[arm], size[arm])
    mean, rates = hits.sum() / size.sum(), hits / size
    luck = mean * (1 - mean) / size
    between = max(0.0, rates.var() - luck.mean())
    return mean + (rates - mean) * between / (between + luck)


def regret(rates, impressions, rule="thompson", rounds=60, test=500, runs=200, seed=1):
    """Clicks lost against showing the best arm from the start, when the true rates are known: for trying out rules.

    rates         true rates, one per arm (known in a simulation only)
    impressions   to be given out, in so many equal rounds; results are seen after each round
    rule          "split": equal shares to the end; "winner": equal shares for `test` impressions an arm, then the best arm of the
                  test; "thompson": each arm in proportion to its chance to be the best (Thompson 1933), from flat Beta priors
    Returns an array (runs, rounds): clicks lost so far, in expectation given who was shown: Σ shown x (best - rate).
    Randomness from `seed` alone. Raises BadValue.
    """
    rates = np.asarray(rates, dtype=float)
    if rule not in ("split", "winner", "thompson"):
        raise BadValue(f"rule is split, winner or thompson; it is {rule!r}.")
    if rates.ndim != 1 or len(rates) < 2 or not ((rates > 0) & (rates < 1)).all():
        raise BadValue("rates is a list of two or more true rates, fractions between 0 and 1.")
    random, arms, size = np.random.default_rng(seed), len(rates), impressions / rounds
    hits, shown, lost = np.zeros((runs, arms)), np.zeros((runs, arms)), np.empty((runs, rounds))
    for one in range(rounds):
        share = _shares(rule, hits, shown, test, random)
        now = np.rint(share * size).astype(int)
        hits, shown = hits + random.binomial(now, rates), shown + now
        lost[:, one] = (shown * (rates.max() - rates)).sum(axis=1)
    return lost


def _shares(rule, hits, shown, test, random, draws=20):
    """Shares of the next round's impressions by run and arm."""
    runs, arms = hits.shape
    equal = np.full((runs, arms), 1 / arms)
    if rule == "split" or (rule == "winner" and shown.min() < test):
        return equal
    if rule == "winner":
        return np.eye(arms)[(hits / shown).argmax(axis=1)]
    taken = random.beta(1 + hits[:, None], 1 + (shown - hits)[:, None], size=(runs, draws, arms)).argmax(
        axis=2
    )
    return (taken[..., None] == np.arange(arms)).mean(axis=1)


# --- a shock with a date -------------------------------------------------------------


def step(series, at, trend=False, lags=None):
    """How far a series lies higher or lower since a day (interrupted time series), with an error that knows autocorrelation.

    series   numbers indexed by date, in equal steps (weeks), without gaps; logarithms for effects in per cent; own minus
             control for an effect beyond what moved both
    at       first day of the new state
    trend    True adds a straight line through both states; the step is what remains
    lags     weeks that may hang together; None takes ⌊4 (n / 100)^(2/9)⌋ (Newey and West 1994)
    Returns a Series: effect, standard_error, low, high (95 %), error_if_independent, lags.
    Formula: least squares on 1, step (and time). Errors: Bartlett weights 1 - j / (lags + 1) on the autocovariances of the scores,
    no small-sample factor (Newey and West 1987). Design: Bernal, Cummins and Gasparrini (2017). Raises BadValue.
    """
    days = pd.DatetimeIndex(series.index)
    values = series.to_numpy(float)
    if not np.isfinite(values).all() or not days.is_monotonic_increasing:
        raise BadValue("The series has gaps, or its dates are out of order: one number per week is needed.")
    after = np.asarray(days >= pd.Timestamp(at), dtype=float)
    if min(after.sum(), len(after) - after.sum()) < 4:
        raise BadValue(f"{at} leaves fewer than four values on one side; nothing can be compared.")
    columns = [np.ones(len(values)), after] + ([np.linspace(-1, 1, len(values))] if trend else [])
    x = np.column_stack(columns)
    bread = np.linalg.inv(x.T @ x)
    left = values - x @ (bread @ (x.T @ values))
    lags = math.floor(4 * (len(values) / 100) ** (2 / 9)) if lags is None else int(lags)
    scores = x * left[:, None]
    meat = scores.T @ scores
    for lag in range(1, lags + 1):
        both = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / (lags + 1)) * (both + both.T)
    effect, error = (bread @ (x.T @ values))[1], math.sqrt((bread @ meat @ bread)[1, 1])
    plain = math.sqrt(left @ left / (len(values) - x.shape[1]) * bread[1, 1])
    return pd.Series({
        "effect": effect, "standard_error": error, "low": effect - 1.959964 * error, "high": effect + 1.959964 * error,
        "error_if_independent": plain, "lags": lags,
    })  # fmt: skip


# --- a pilot -------------------------------------------------------------------------


def pilot(gains, target, looks=(7, 14), alpha=0.05):
    """A pilot against its target at looks that were fixed before: go on, stop, or not yet.

    gains    result of each session, in order; target   what a session must bring on average
    looks    numbers of sessions, in equal steps, after which it may be read; later looks are "not yet" as long as they have not come
    Returns a DataFrame indexed by look: sessions, mean, t, limit, verdict ("go on", "stop", "not yet").
    Formula: t = (mean - target) / (sd / √n). The limit is O'Brien and Fleming's of mktlib.experiments, two-sided alpha, put on Student's
    scale: the t with the same tail at n - 1 degrees. Above it: go on. Below minus it, or not above it at the last look: stop.
    t is near exact for gains without extreme tails only. Raises BadValue.
    """
    from scipy.special import ndtr, stdtrit

    from mktlib.experiments import boundaries

    gains = np.asarray(gains, dtype=float)
    if not np.isfinite(gains).all() or len(gains) < 2 or len(set(np.diff((0, *looks)))) > 1:
        raise BadValue("gains are two or more numbers, and looks come in equal steps, such as (7, 14).")
    rows = []
    for size, limit in zip(looks, boundaries(len(looks), alpha=alpha), strict=True):
        if size > len(gains):
            break
        so_far = gains[:size]
        t = (so_far.mean() - target) / (so_far.std(ddof=1) / math.sqrt(size))
        far = float(stdtrit(size - 1, ndtr(limit)))
        last = size == looks[-1]
        verdict = "go on" if t > far else "stop" if t < -far or last else "not yet"
        rows.append((size, so_far.mean(), t, far, verdict))
    columns = ["sessions", "mean", "t", "limit", "verdict"]
    return pd.DataFrame(rows, columns=columns, index=pd.RangeIndex(1, len(rows) + 1, name="look"))


# --- texts that leave the house ------------------------------------------------------

_DIGIT = r"(?:\d[ -]?)"
PATTERNS = {
    "e-mail": r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
    "order number": r"(?:订单号?|单号)[:： ]*(?P<piece>[A-Z]{0,3}\d{6,20})",
    "wechat": r"(?:微信号?|wechat|wx|vx|V信)[:： ]*(?:号|是|id)?[:： ]*(?P<piece>[A-Za-z][\w-]{5,19})",
    "address": r"(?:地址|寄到|送到|寄往)?[:： ]*(?P<piece>(?:[\u4e00-\u9fff]{2,3}省)?[\u4e00-\u9fff]{2,3}市[\u4e00-\u9fff]{1,4}[区县][\u4e00-\u9fff]{2,8}[路街道巷]\d+号(?:\d+[栋幢单元室号-]*)*)",
    "birth date": r"(?:生日|出生|生于)[:： 是于在]*(?P<piece>(?:20)\d\d[-./年]\d{1,2}[-./月]\d{1,2}日?)|(?P<piece2>(?:20)\d\d[-./年]\d{1,2}[-./月]\d{1,2}日?)(?:出生|生的)",
    "name": r"(?:收件人|收货人|姓名|联系人)[:： ]*(?:是)?(?P<piece>[\u4e00-\u9fff]{2,4}?)(?=$|[，,。；;、\s（(]|电话|手机|微信|地址)",
    "phone": rf"(?<!\d)(?:\+?86[ -]?)?(?P<piece>1[3-9]{_DIGIT}{{8}}\d)(?!\d)",
}  # fmt: skip
_COMPILED = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in PATTERNS.items()}


def personal(text):
    """Pieces of personal data that the patterns find: [(kind, start, end)], in order, not overlapping.

    Kinds: e-mail, order number, wechat, address, birth date, name, phone. Names, ids and birth dates are found after words that
    announce them (收件人, 微信, 生日), so a name in the middle of a sentence stays. Raises BadValue for what is no text.
    """
    if not isinstance(text, str):
        raise BadValue(f"A line of text is needed, not {type(text).__name__}.")
    found, taken = [], np.zeros(len(text) + 1, dtype=bool)
    for kind, pattern in _COMPILED.items():
        for hit in pattern.finditer(text):
            part = next((name for name, value in hit.groupdict().items() if value), 0)
            start, end = hit.span(part)
            if not taken[start:end].any():
                taken[start:end] = True
                found.append((kind, start, end))
    return sorted(found, key=lambda piece: piece[1])


def redact(text, find=personal):
    """The text with each piece replaced by its kind in brackets: '[phone]'. `find` is a function like `personal`.

    What remains may still point to a person; measure the finder (`redactor_quality`) on lines like yours before you trust it.
    """
    for kind, start, end in reversed(find(text)):
        text = f"{text[:start]}[{kind}]{text[end:]}"
    return text


def redactor_quality(lines, find=personal):
    """How many pieces a finder covers, and how much of what it takes away was personal.

    lines   columns text and pieces (list of (kind, start, end), the truth)
    Returns a DataFrame by kind with a last row "all": pieces, covered, recall (covered / pieces), and taken, right, precision (right /
    taken) by the finder's own kinds. A piece is covered if none of its letters is left; what is taken is right if it
    overlaps a true piece. Nothing taken gives NaN. Raises ColumnMissing.
    """
    check_columns(lines, ["text", "pieces"])
    rows = []
    for text, pieces in zip(lines["text"], lines["pieces"], strict=True):
        found = find(text)
        hidden, truth = _marks(text, found), _marks(text, pieces)
        rows += [(kind, 1, bool(hidden[start:end].all()), 0, 0) for kind, start, end in pieces]
        rows += [(kind, 0, 0, 1, bool(truth[start:end].any())) for kind, start, end in found]
    table = pd.DataFrame(rows, columns=["kind", "pieces", "covered", "taken", "right"])
    counts = table.groupby("kind").sum().astype(int)
    counts.loc["all"] = counts.sum()
    counts.insert(2, "recall", counts["covered"] / counts["pieces"].where(counts["pieces"] > 0))
    return counts.assign(precision=counts["right"] / counts["taken"].where(counts["taken"] > 0))


def _marks(text, pieces):
    marks = np.zeros(len(text), dtype=bool)
    for _, start, end in pieces:
        marks[start:end] = True
    return marks


_SURNAMES, _GIVEN = "王李张刘陈杨黄赵吴周", ["晓梅", "雨桐", "佳宁", "思远", "丽", "建国", "若曦", "小禾"]
_PLACES = ["杭州市西湖区文三路", "成都市锦江区红星路", "广东省广州市天河区体育西路", "南京市鼓楼区中山路"]
_TEMPLATES = [
    "收件人：{name}，电话{phone}，地址{address}", "我的手机{phone}，请回电", "加我微信：{wechat}", "联系人：{name} 邮箱{mail}",
    "订单号{order}还没发货", "宝宝生日{birth}，该穿几码", "{birth}出生，现在能吃米粉吗", "姓名：{name}，微信号{wechat}",
    "订单：{order}，收货人{name}", "发票寄到{mail}", "寄到{address}，谢谢", "打我电话{spaced}",
    # said as people say it, without a word that announces it
    "我是{name}，昨天买的裤子漏了", "{name}说尺码偏小", "{wechat}是我号，加一下", "送到{loose}就行", "娃是{spoken}生的", "手机{inwords}",
]  # fmt: skip
_HARMLESS = [
    "双11活动2025-11-11开始吗", "商品条码6901234567892在哪里看", "满199元减30元怎么用", "400-820-0000是客服电话吗", "HY-W02和HY-M06哪个软",
    "微信支付可以吗", "微信小程序打不开", "发货到西湖区要几天", "拉拉裤L码适合多重的宝宝", "订单什么时候发", "收件人可以改吗", "生日当天有优惠吗",
    "单号2025110100123456是活动编号", "姓名可以写昵称吗",
]  # fmt: skip


def practice_lines(size=400, seed=1):
    """Made-up service lines with their personal data marked, for measuring a redactor: nobody in them exists.

    Returns a DataFrame: text, pieces (list of (kind, start, end)). About a third is harmless, and about a quarter of the rest says things without
    a word that announces them. From `seed` alone; numbers and names are drawn, not taken from any table.
    """
    random = np.random.default_rng(seed)
    rows = [_practice_line(random) for _ in range(size)]
    return pd.DataFrame(rows, columns=["text", "pieces"])


def _practice_line(random):
    def pick(values):
        return values[random.integers(len(values))]

    if random.random() < 1 / 3:
        return pick(_HARMLESS), []
    values = _practice_values(random, pick)
    text, pieces = "", []
    for before, slot in re.findall(r"([^{]*)(?:\{(\w+)\})?", pick(_TEMPLATES)):
        text += before
        if slot:
            kind, value = values[slot]
            pieces.append((kind, len(text), len(text) + len(value)))
            text += value
    return text, pieces


def _practice_values(random, pick):
    digits = "".join(map(str, random.integers(0, 10, 8)))
    phone = f"1{random.integers(3, 10)}0{digits}"
    year, month, day = random.integers(2022, 2026), random.integers(1, 13), random.integers(1, 29)
    word = "".join(pick("abcdefghkmnpst") for _ in range(6))
    return {
        "name": ("name", pick(_SURNAMES) + pick(_GIVEN)),
        "phone": ("phone", phone),
        "spaced": ("phone", f"{phone[:3]} {phone[3:7]} {phone[7:]}"),
        "inwords": ("phone", "".join("零一二三四五六七八九"[int(one)] for one in phone)),
        "mail": ("e-mail", f"{word}@example.com"),
        "wechat": ("wechat", f"{word}_{random.integers(10, 100)}"),
        "order": ("order number", f"HY{random.integers(10**9, 10**10)}"),
        "address": ("address", f"{pick(_PLACES)}{random.integers(1, 300)}号{random.integers(1, 30)}栋"),
        "loose": ("address", f"文三路那个菜场对面{random.integers(1, 30)}栋"),
        "birth": ("birth date", f"{year}-{month:02d}-{day:02d}"),
        "spoken": ("birth date", f"去年{'一二三四五六七八九'[random.integers(9)]}月初{'一二三四五六七八九'[random.integers(9)]}"),
    }  # fmt: skip


# --- a model's paper -----------------------------------------------------------------


def card_gaps(card):
    """What a model card leaves open: {field: what is missing}, empty if nothing.

    card   dict with the fields purpose, not for, data, measure, worst case, owner, off switch, review, failures; data, measure, worst case and
           review are dicts themselves (CARD names their parts), failures is a list
    A field has a gap if it is missing or empty, lacks a part, or holds a value that cannot be: a measure outside its interval,
    a worst case that is better than the mean, a sample below 1. Errors are shares: the smaller the better.
    Source: Mitchell et al. (2019), Model cards for model reporting, FAT*; shortened to what a desk signs. Raises BadValue.
    """
    if not isinstance(card, dict):
        raise BadValue(f"A card is a dict of fields, not {type(card).__name__}.")
    gaps = {}
    for field, parts in CARD.items():
        value = card.get(field)
        if not value:
            gaps[field] = "missing"
        elif parts and (not isinstance(value, dict) or any(value.get(part) in (None, "") for part in parts)):
            there = value if isinstance(value, dict) else {}
            gaps[field] = "lacks " + ", ".join(part for part in parts if there.get(part) in (None, ""))
    measure, worst = card.get("measure"), card.get("worst case")
    if "measure" not in gaps and not measure["low"] <= measure["value"] <= measure["high"]:
        gaps["measure"] = "value outside its interval"
    if not {"measure", "worst case"} & set(gaps) and worst["value"] < measure["value"]:
        gaps["worst case"] = "better than the mean"
    for field in {"measure", "worst case"} - set(gaps):
        if card[field]["sample"] < 1:
            gaps[field] = "a sample below 1"
    return gaps


def _counts(hits, size):
    if not (size >= 1 and 0 <= hits <= size and hits == int(hits) and size == int(size)):
        raise BadValue(
            f"{hits!r} of {size!r}: whole numbers are needed, at least one unit, and no more hits than units."
        )


def _share(name, value):
    if not 0 < value < 1:
        raise BadValue(f"{name} is a fraction between 0 and 1, such as 0.95; it is {value!r}.")
    return value
