"""J09 Copy and compliance desk: lines in context, the screen measured, consent, ten AI variants. Not legal advice.

Lesson: lessons/1_junior/J09_copy_and_compliance.md. Law as of 31 December 2025.
"""

import hashlib
import math

import pandas as pd

from mktlib.compliance import may_send, quality
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan

WORDS = ["最", "第一", "顶级", "极致", "国家级", "唯一", "首选", "100%", "绝对", "治疗"]
BATCH = 20  # lines of the first exercise
LOWEST_FINE = 200_000  # CNY, Advertising Law Art. 57 (9(3) and 20 among others), text of 2021
NOT_MENDED = (
    1_000_000  # CNY, PIPL Art. 66: up to, where an order to mend is refused; in force since 1 November 2021
)
YEAR_END = "2026-01-01"  # the moment after the last day of the data
IMPRESSIONS = 1_000_000  # of the January plan


def listed(lines):
    """Whether a line holds a word of the tool's list."""
    return lines["text_zh"].map(lambda text: any(word in text for word in WORDS))


@per_world
def labelled(copy_lines):
    """copy_lines with what the tool says and what the colleague says."""
    return copy_lines.assign(flagged=listed(copy_lines), banned=copy_lines["label"] == "banned")


def exposure(lines):
    """What the law asks at least for lines that run although Art. 9(3) or Art. 20 bans them, as a sentence."""
    heavy = int(lines["rule"].isin(["ABS", "MILK"]).sum())
    return (
        f"{count(heavy)} of them fall under Art. 9(3) or 20, where Art. 57 starts at {yuan(LOWEST_FINE)} a case: "
        f"{yuan(heavy * LOWEST_FINE)} if none is judged minor."
    )


# ---------------------------------------------------------------- two questions from before


@exercise(
    "J09.r1",
    title="A consent that was withdrawn in between",
    kind="choice",
    practises=["R248"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "yes: she had agreed when the list was made",
        "b": "no: her last event before nine is a withdrawal",
        "c": "no, and the news about her parcels has to stop as well",
    },
)
def withdrawn():
    """A consent is looked up at the moment of sending, for the purpose and the channel of the message."""
    return "b"


@withdrawn.mistake("OPT_OUT_LATE", repair="What does her log say at nine o'clock?")
def _():
    """You let the list's moment decide. Withdrawing works at once, and a list knows nothing of what came after it."""
    return wrong("a", shows={"the list was made": "Monday 18:00", "she withdrew": "Tuesday 08:40"})


@withdrawn.mistake("CONSENT_BUNDLED", repair="For which purpose did she withdraw?")
def _():
    """You let one answer stand for all purposes. She left marketing; news about an order she has placed is another
    purpose, with a basis of its own."""
    return wrong("c", shows={"purposes in the log": "several", "purposes she withdrew": "one"})


withdrawn.hints(
    "Which moment counts?",
    "Take her last event of this purpose and channel before nine on Tuesday.",
    "The reply of 08:40 is that event.",
)


@exercise(
    "J09.r2",
    title="From four of ten to six of ten",
    kind="choice",
    practises=["R245"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "by 20 percent",
        "b": "by a third, because 2 of the 6 are new",
        "c": "by 20 percentage points, which is half as much again",
    },
)
def from_four_to_six():
    """0.6 minus 0.4 is 20 points; over the 0.4 it started from it is one half."""
    return "c"


@from_four_to_six.mistake("PCT_VS_PP", repair="20 percent of four lines: how many lines is that?")
def _():
    """You called points percent. The difference of two shares is in points; percent is measured from the start."""
    return wrong("a", shows={"20 percent more than 4 of 10": "4.8 of 10", "what was found": "6 of 10"})


@from_four_to_six.mistake("WRONG_DENOM", repair="A rise is measured from which of the two?")
def _():
    """You divided by where it ended. A rise is measured from where it started."""
    return wrong("b", shows={"start": "4 of 10", "end": "6 of 10"})


from_four_to_six.hints(
    "Which two measures of a change did J01 tell apart?",
    "Difference of the shares, and difference over the start.",
    "0.6 - 0.4, and (0.6 - 0.4) / 0.4.",
)


# ---------------------------------------------------------------- words and context


@prediction(
    "J09.a",
    title="Share of the banned lines that hold a word of the list",
    unit="fraction",
    practises=["R245"],
    bounds=(0, 1),
    section="A list of words",
)
def guess_recall(copy_lines):
    """Banned lines with a listed word, over all banned lines. The rest is written in disguise or needs no such word."""
    lines = labelled(copy_lines)
    return lines.loc[lines["banned"], "flagged"].mean()


@guess_recall.mistake("KEYWORD_ONLY", repair="How would you write the word if you knew the list?")
def _():
    """Near one means that a breach always holds a forbidden word. Who writes copy knows the list as well."""
    return 1.0


@per_world
def batch(copy_lines):
    """The first lines at which the compliance colleague wrote a reason."""
    lines = labelled(copy_lines)
    return lines[lines["reason"] != ""].head(BATCH)


def ids(lines):
    return set(lines["line_id"].astype(str))


@exercise(
    "J09.1",
    title="Which of twenty lines break a rule",
    kind="set",
    minutes=(7, 12),
    practises=["R245"],
    section="A list of words",
    selfcheck={
        "grain": "line_id of the lines that may not run",
        "filter": "the twenty lines shown; read each with its English gloss",
    },
)
def breaches(copy_lines):
    """What a line claims about the article decides: a superlative, a cure, a substitute for milk, in whatever letters."""
    lines = batch(copy_lines)
    return ids(lines[lines["banned"]])


@breaches.mistake(
    "KEYWORD_ONLY", repair="Which line that you passed says the same as a listed word, in other letters?"
)
def _(copy_lines):
    """You took the tool's word: listed or not listed. The list stops lines that claim nothing and passes whoever writes
    the word in another way, or claims a cure without it."""
    lines = batch(copy_lines)
    passed = lines[lines["banned"] & ~lines["flagged"]]
    return wrong(
        ids(lines[lines["flagged"]]),
        shows={
            "lines with a listed word": count(lines["flagged"].sum()),
            "of them banned": count((lines["flagged"] & lines["banned"]).sum()),
            "banned lines without one": count(len(passed)),
        },
        cost=f"{count(len(passed))} banned lines of these twenty would run. " + exposure(passed),
    )


@breaches.mistake(
    "CONTEXT_BLIND", repair="About what does the word speak: the article, or an order of steps?"
)
def _(copy_lines, products):
    """You saw through the disguises, and stopped every line with a listed word, too. Last (最后), first time (第一次), a tip for
    use or a comparison with our own older model claim no rank."""
    lines = batch(copy_lines)
    stopped = lines[lines["flagged"] & ~lines["banned"]]
    return wrong(
        ids(lines[lines["flagged"] | lines["banned"]]),
        shows={
            "lines you stopped": count((lines["flagged"] | lines["banned"]).sum()),
            "of them allowed": count(len(stopped)),
        },
        cost=f"{count(len(stopped))} lines that may run are written anew. At half an hour and {yuan(80)} an hour that is "
        f"{yuan(len(stopped) * 40)} for each batch of twenty, every time.",
    )


breaches.hints(
    "Say each line aloud. What does it claim, and about what?",
    "Look for three claims: better than all others; cures or prevents an illness; takes the place of breast milk. Blanks, "
    "signs, Latin letters and characters that sound alike change none of them.",
    "A time, a step, a tip, a limit, a name, a denial, an aim, a comparison with our own older article: not banned.",
)


# ---------------------------------------------------------------- measuring


@exercise(
    "J09.2",
    title="Precision and recall of the word list",
    kind="table",
    unit="fraction",
    minutes=(4, 7),
    practises=["R245"],
    bounds=(0, 1),
    section="How good is it?",
    selfcheck={
        "grain": "one row of copy_lines is one line",
        "numerator and denominator": "banned and flagged above the line twice; flagged below for precision, banned for recall",
        "filter": "all three hundred lines",
    },
)
def list_quality(copy_lines):
    """Both look at lines that are banned and flagged: precision among the flagged, recall among the banned."""
    lines = labelled(copy_lines)
    return quality(lines["flagged"], lines["banned"])[["precision", "recall"]].to_dict()


def tool_misses(lines):
    return "The tool would clear banned lines. " + exposure(lines[lines["banned"] & ~lines["flagged"]])


@list_quality.mistake("ACCURACY_IMBALANCE", repair="How accurate is a tool that never flags anything?")
def _(copy_lines):
    """Your recall is the share of right answers. Nearly all lines are clean, so nearly all right answers are about lines
    that nobody has to find."""
    lines = labelled(copy_lines)
    found = quality(lines["flagged"], lines["banned"])
    return wrong(
        {"precision": found["precision"], "recall": found["accuracy"]},
        shows={
            "accuracy of the tool": percent(found["accuracy"]),
            "accuracy of a tool that flags nothing": percent(1 - lines["banned"].mean()),
        },
        cost=tool_misses(lines),
    )


@list_quality.mistake(
    "WRONG_DENOM", repair="Which of the two asks: of all that are banned, how many did it find?"
)
def _(copy_lines):
    """You exchanged the denominators. Precision divides by what was flagged, recall by what is banned."""
    lines = labelled(copy_lines)
    found = quality(lines["flagged"], lines["banned"])
    return wrong(
        {"precision": found["recall"], "recall": found["precision"]},
        shows={"lines flagged": count(lines["flagged"].sum()), "lines banned": count(lines["banned"].sum())},
    )


@list_quality.slip("filter")
def _(copy_lines):
    """You counted only the twenty lines of exercise 1."""
    lines = labelled(copy_lines).query("reason != ''").head(BATCH)
    return quality(lines["flagged"], lines["banned"])[["precision", "recall"]].to_dict()


list_quality.hints(
    "Which lines stand above both division lines?",
    "Count flagged and banned; divide once by all flagged, once by all banned.",
    "banned[flagged].mean() and flagged[banned].mean().",
)


# ---------------------------------------------------------------- claims without a word


@exercise(
    "J09.3",
    title="A milk that comes close to mother's",
    kind="choice",
    minutes=(3, 5),
    practises=["R245", "R249"],
    section="No word, and yet",
    options={
        "a": "it may run: no listed word stands in it, and close to is weaker than equal to",
        "b": "it may not run: the characters for breast milk must not stand in an advertisement",
        "c": "it may not run: it offers food in the place of breast milk, and Art. 20 bans that claim",
    },
)
def close_to_milk():
    """Art. 20 bans the claim to replace breast milk in whole or in part, in mass media and public places, in any words."""
    return "c"


@close_to_milk.mistake("KEYWORD_ONLY", repair="What does a tired parent read: a limit, or an offer?")
def _(copy_lines):
    """You looked for a word. The claim lies in the comparison: close to breast milk says that it will do in its place."""
    milk = labelled(copy_lines).query("rule == 'MILK'")
    return wrong(
        "a",
        shows={
            "lines of this kind in the table": count(len(milk)),
            "with a listed word": count(milk["flagged"].sum()),
        },
        cost=f"Art. 57 names Art. 20 as well: {count(len(milk))} such lines in the table, {yuan(LOWEST_FINE)} or more each, "
        f"{yuan(len(milk) * LOWEST_FINE)} together.",
    )


@close_to_milk.mistake("CONTEXT_BLIND", repair="Would you ban the sentence: breast milk is the ideal food?")
def _(copy_lines):
    """You banned the word. A line that tells parents to breast-feed holds it, too, and is what the law wants to protect."""
    lines = labelled(copy_lines)
    named = lines["text_zh"].str.contains("母乳")
    return wrong(
        "b",
        shows={
            "lines that name breast milk": count(named.sum()),
            "of them clean": count((named & ~lines["banned"]).sum()),
        },
    )


close_to_milk.hints(
    "What would a parent do who believes the line?",
    "Read article 20 in rules_log: which claim does it ban, and for what kind of goods?",
    "In whole or in part: close to is a part.",
)


@exercise(
    "J09.4",
    title="Mend the line about the safest diaper",
    kind="choice",
    minutes=(3, 5),
    practises=["R245", "R241"],
    section="No word, and yet",
    options={
        "a": "say what was tested and where to read it: 12项检测报告，扫码逐条看",
        "b": "keep it and add for reference only below: 全网最安全的纸尿裤（仅供参考）",
        "c": "keep the meaning and change the letters: 全网zui安全的纸尿裤",
    },
)
def mended():
    """The mended line claims only what a document shows, and gives the reader the document. It still needs the twelve
    reports."""
    return "a"


@mended.mistake(
    "DISCLAIMER_FIX", repair="Which sentence does a parent remember, the large one or the small one?"
)
def _(copy_lines):
    """You added a sentence to a banned one. A disclaimer takes nothing back: the superlative still stands there, and Art. 9
    knows no small print that allows it."""
    lines = labelled(copy_lines)
    return wrong(
        "b",
        shows={"superlatives in the line before": "1", "after": "1"},
        cost=f"The line runs as it was. Art. 57 starts at {yuan(LOWEST_FINE)} for one, and the table holds "
        f"{count((lines['rule'] == 'ABS').sum())} absolute terms that could be mended in this way.",
    )


@mended.mistake("KEYWORD_ONLY", repair="What does the line sound like when you read it aloud?")
def _(copy_lines):
    """You changed the letters, not the claim. Who reads it aloud says the same sentence, and a disguise shows that the
    writer knew."""
    lines = labelled(copy_lines)
    hidden = lines["rule"].eq("ABS") & ~lines["flagged"]
    return wrong(
        "c",
        shows={
            "absolute terms in the table": count(lines["rule"].eq("ABS").sum()),
            "of them written so that the list misses them": count(hidden.sum()),
        },
        cost=f"Each is judged by how it is read: {count(hidden.sum())} lines, {yuan(LOWEST_FINE)} or more each under Art. 57.",
    )


mended.hints(
    "Which of the three claims something that a document can show?",
    "Cover the added words with your hand. Is what remains allowed?",
    "One of them makes no ranking at all.",
)


# ---------------------------------------------------------------- people's data


@per_world
def families(customers, consent_log):
    """customers, with consent in force at the year's end: to keep child data, to marketing by SMS."""
    return customers.assign(
        child=may_send(customers, consent_log, "child data", "SMS", YEAR_END),
        marketing=may_send(customers, consent_log, "marketing", "SMS", YEAR_END),
    )


def penalty(people, what):
    return (
        f"{what} of {count(people)} people would be used without a basis. Art. 66 PIPL takes the gain, and up to "
        f"{yuan(NOT_MENDED)} if it is not mended; far more in a grave case."
    )


@exercise(
    "J09.5",
    title="Birth months that may be used",
    kind="number",
    unit="count",
    minutes=(4, 7),
    practises=["R247", "R248"],
    bounds=(0, None),
    section="Whose data is it?",
    selfcheck={
        "grain": "one row of customers is one customer",
        "window": "consent in force at the end of 31 December 2025",
        "filter": "the guardian's separate consent to child data, kept under the channel SMS",
    },
)
def usable_birth_months(customers, consent_log):
    """The separate consent of a guardian to the use of child data, in force on that day, person by person."""
    return int(families(customers, consent_log)["child"].sum())


@usable_birth_months.mistake(
    "CHILD_DATA", repair="For what did the parent type the month: for the parcel, or for your segments?"
)
def _(customers, consent_log):
    """You used what is there. A birth month of a child under fourteen is sensitive personal information: it needs a
    specific purpose, a need, and a guardian's separate consent, whoever typed it."""
    rows = families(customers, consent_log)
    nothing = ~rows["child"] & ~rows["marketing"]
    return wrong(
        int((rows["child_birth_month"] != "").sum()),
        shows={
            "birth months stored": count((rows["child_birth_month"] != "").sum()),
            "of customers who agreed neither to marketing by SMS nor to child data": count(nothing.sum()),
        },
        cost=penalty(nothing.sum(), "Among others the birth month of the child"),
    )


@usable_birth_months.mistake(
    "CONSENT_BUNDLED",
    repair="Which sentence did they tick: that you may write, or that you may use the child's age?",
)
def _(customers, consent_log):
    """You took the consent to marketing. Being written to is one purpose, the use of a child's data is another, and the law
    wants the second one separate."""
    rows = families(customers, consent_log)
    both = rows["marketing"] & ~rows["child"]
    return wrong(
        int(rows["marketing"].sum()),
        shows={
            "agreed to marketing by SMS": count(rows["marketing"].sum()),
            "of them without consent to child data": count(both.sum()),
        },
        cost=penalty(both.sum(), "The birth month of the child"),
    )


@usable_birth_months.slip("filter")
def _(customers, consent_log):
    """You read each customer's last event, whatever its purpose."""
    before = consent_log[consent_log["recorded_at"] < YEAR_END].sort_values("recorded_at", kind="stable")
    last = before.drop_duplicates("customer_id", keep="last").set_index("customer_id")["state"]
    return int(customers["customer_id"].map(last).eq("given").sum())


@usable_birth_months.slip("filter")
def _(customers, consent_log):
    """You asked for the consent to marketing by SMS as well. Whether the month may be used is one question,
    whether you may write another."""
    rows = families(customers, consent_log)
    return int((rows["child"] & rows["marketing"]).sum())


usable_birth_months.hints(
    "Which purpose in the log is the guardian's separate consent?",
    "Ask the log for the purpose child data under the channel SMS, at the end of the year, and count.",
    'may_send(customers, consent_log, "child data", "SMS", "2026-01-01").sum()',
)


@per_world
def planned(send_plan, consent_log):
    """send_plan, with consent in force at sending, when the list was made, and whether the last event of any kind is given."""
    mine, parts = consent_log[consent_log["customer_id"].isin(send_plan["customer_id"])], []
    for (channel, listed_at, send_at), rows in send_plan.groupby(["channel", "listed_at", "send_at"]):
        before = mine[mine["recorded_at"] < send_at].sort_values("recorded_at", kind="stable")
        last = before.drop_duplicates("customer_id", keep="last").set_index("customer_id")["state"]
        asked = before[(before["purpose"] == "marketing") & (before["channel"] == channel)]
        asked = asked.drop_duplicates("customer_id", keep="last")
        left = asked.loc[asked["state"] == "withdrawn", "customer_id"]
        parts.append(
            rows.assign(
                at_sending=may_send(rows, mine, "marketing", channel, send_at),
                at_listing=may_send(rows, mine, "marketing", channel, listed_at),
                not_withdrawn=~rows["customer_id"].isin(left),
                anything=rows["customer_id"].map(last).eq("given"),
            )
        )
    return pd.concat(parts)


def refused(rows, column):
    """Rows of each plan for which the column says no."""
    return {plan: int(value) for plan, value in (~rows[column]).groupby(rows["plan"]).sum().items()}


@exercise(
    "J09.6",
    title="People on two send lists who may not be written to",
    kind="table",
    unit="count",
    minutes=(5, 9),
    practises=["R248", "R247"],
    section="A gate for a send list",
    selfcheck={
        "grain": "one row of send_plan is one person on one list",
        "window": "what was recorded before the moment of sending",
        "filter": "purpose marketing, the channel of the plan; the last event decides",
    },
)
def leaks(send_plan, consent_log):
    """Purpose, channel and moment of the message, looked up in the log when it goes out."""
    return refused(planned(send_plan, consent_log), "at_sending")


@leaks.mistake("CONSENT_BUNDLED", repair="To what did the last event on the log of these people refer?")
def _(send_plan, consent_log):
    """You took each person's last event, whatever it was about. A yes to order news or in another channel is no yes to a
    marketing message in this one, and a no to something else is no withdrawal."""
    rows = planned(send_plan, consent_log)
    through = (rows["anything"] & ~rows["at_sending"]).sum() / rows["anything"].sum()
    pairs = consent_log[["purpose", "channel"]].drop_duplicates()
    return wrong(
        refused(rows, "anything"),
        shows={
            "pairs of purpose and channel in the log": count(len(pairs)),
            "pairs your gate asks for": "any",
        },
        cost=f"{percent(through)} of the people whom your gate lets through have not agreed to marketing in the channel. Art. 66 PIPL "
        f"takes the gain, and up to {yuan(NOT_MENDED)} if it is not mended.",
    )


@leaks.mistake("OPT_OUT_LATE", repair="What happened between the list and the message?")
def _(send_plan, consent_log):
    """You asked the log when the lists were made. Whoever left in the hours since then gets a message, and one that comes
    after a no is the one people report."""
    rows = planned(send_plan, consent_log)
    sms = send_plan[send_plan["channel"] == "SMS"].iloc[0]
    pause = sms["send_at"] - sms["listed_at"]
    between = consent_log["recorded_at"].between(sms["listed_at"], sms["send_at"], inclusive="left")
    return wrong(
        refused(rows, "at_listing"),
        shows={
            "hours between list and SMS": f"{pause / pd.Timedelta(hours=1):.1f}",
            "withdrawals of all kinds in them": count(
                (between & (consent_log["state"] == "withdrawn")).sum()
            ),
        },
    )


@leaks.slip("filter")
def _(send_plan, consent_log):
    """You counted people who have withdrawn. Who was never asked about this channel has not agreed either."""
    return refused(planned(send_plan, consent_log), "not_withdrawn")


leaks.hints(
    "What are the purpose, the channel and the moment of each plan?",
    "For each plan, ask may_send with its channel and send_at, and count who may not.",
    'rows = send_plan[send_plan["plan"] == name]; (~may_send(rows, consent_log, "marketing", channel, send_at)).sum()',
)


SAMPLE = 20  # contacts whose numbers are looked for


@per_world
def restored(crm_contacts):
    """Share of the first contacts with a phone whose number is found by trying the four hidden digits."""
    rows = crm_contacts[crm_contacts["phone_masked"] != ""].head(SAMPLE)
    found = 0
    for mask, mark in zip(rows["phone_masked"], rows["phone_md5"], strict=True):
        tries = (f"{mask[:3]}{number:04d}{mask[-4:]}".encode() for number in range(10_000))
        found += any(hashlib.md5(one, usedforsecurity=False).hexdigest()[:8] == mark for one in tries)
    return found / len(rows)


@prediction(
    "J09.b",
    title="Share of the hashed telephone numbers that can be restored",
    unit="fraction",
    practises=["R246"],
    bounds=(0, 1),
    section="A hash is a name",
)
def guess_restored(crm_contacts):
    """A mask leaves ten thousand numbers; trying them all takes a blink. Without the mask a graphics card tries all
    numbers of a country."""
    return restored(crm_contacts)


@guess_restored.mistake("ANON_AS_SAFE", repair="How many numbers fit the mask?")
def _():
    """Near zero means that a hash cannot be turned back. Nobody turns it back: one hashes all candidates and compares."""
    return 0.0


@exercise(
    "J09.7",
    title="May the hashed file go to the partner?",
    kind="choice",
    minutes=(3, 5),
    practises=["R246", "R247", "R239"],
    section="A hash is a name",
    options={
        "a": "no: whoever holds the numbers finds the people again, so it is personal information, and sharing needs notice and "
        "separate consent",
        "b": "yes: an MD5 cannot be turned back, so the file is anonymous and no longer falls under the law",
        "c": "yes: everybody on the file has agreed to our marketing, and an audience campaign is marketing",
    },
)
def hashed_file():
    """De-identified is not anonymous (PIPL Art. 73); giving it to another handler needs notice and separate consent (Art. 23).
    Under GDPR it is pseudonymous and still personal, too."""
    return "a"


@hashed_file.mistake("ANON_AS_SAFE", repair="What did the cell above do with twenty hashes?")
def _(crm_contacts):
    """You took a hash for a shredder. It is a name of equal length: the same number gives the same hash, and numbers are
    few enough to try."""
    rows = crm_contacts[crm_contacts["phone_md5"] != ""]
    return wrong(
        "b",
        shows={
            "numbers that fit a mask": count(10_000),
            "numbers restored of twenty": count(restored(crm_contacts) * SAMPLE),
        },
        cost=penalty(rows["phone_md5"].nunique(), "The telephone number"),
    )


@hashed_file.mistake(
    "CONSENT_BUNDLED", repair="Who would handle the data then, and did people agree to that?"
)
def _(customers, consent_log):
    """You stretched a consent to a second company. They agreed that we write to them; that a partner gets their number is a
    purpose of its own, and the log has a row for it."""
    share = may_send(customers, consent_log, "partner sharing", "SMS", YEAR_END)
    marketing = families(customers, consent_log)["marketing"]
    return wrong(
        "c",
        shows={
            "agreed to marketing by SMS": count(marketing.sum()),
            "agreed to sharing with partners": count(share.sum()),
        },
        cost=penalty((marketing & ~share).sum(), "The telephone number"),
    )


hashed_file.hints(
    "Can anybody who sees the file say which line is you?",
    "Look up articles 23 and 73 of the Personal Information Protection Law in rules_log.",
    "The partner has telephone numbers, too, and can hash them.",
)


# ---------------------------------------------------------------- ten variants


@per_world
def small_test(ai_variant_test):
    """The first test, indexed by variant, with what law and facts allow and the CTR of both rounds."""
    first = ai_variant_test[ai_variant_test["round"] == 1].set_index("variant")
    again = ai_variant_test[ai_variant_test["round"] == 2].set_index("variant")
    return first.assign(
        allowed=first["facts_proven"] & (first["breaks_rule"] == ""),
        ctr=first["clicks"] / first["impressions"],
        again=again["clicks"] / again["impressions"],
    )


def by_luck(arms, winner):
    """Chance that one equal ad gets as many clicks as the winner, and that at least one of all arms does."""
    shown, common = int(arms["impressions"].iloc[0]), arms["clicks"].sum() / arms["impressions"].sum()
    most = range(int(arms.loc[winner, "clicks"]), shown + 1)
    one = sum(math.comb(shown, k) * common**k * (1 - common) ** (shown - k) for k in most)
    return one, 1 - (1 - one) ** len(arms)


def row_of(arms):
    """Winner of the first test among these arms, luck of all of them together, its CTR in the second test."""
    winner = arms["clicks"].idxmax()
    return {"variant": winner, "luck": by_luck(arms, winner)[1], "ctr": arms.loc[winner, "again"]}


@exercise(
    "J09.8",
    title="From ten AI variants to one, with a number that may be promised",
    kind="table",
    unit={"variant": "text", "luck": "fraction", "ctr": "fraction"},
    minutes=(7, 12),
    practises=["R250", "R102"],
    section="Ten variants by machine",
    selfcheck={
        "filter": "variants that break no rule and whose facts are proven; all of them fit the tone",
        "numerator and denominator": "clicks per impression",
        "window": "the winner is chosen in round 1, its CTR is measured in round 2",
    },
)
def chosen_variant(ai_variant_test):
    """Law, facts, tone, then the test. What chose the winner cannot measure it: the second test does."""
    arms = small_test(ai_variant_test)
    return row_of(arms[arms["allowed"]])


@chosen_variant.mistake(
    "FLUENCY_AS_FACT", repair="May the best-looking variant run, and is there a proof of what it says?"
)
def _(ai_variant_test):
    """You let clicks choose before law and facts. The machine writes a sentence that may not run as smoothly
    as one that may, and readers click on it."""
    arms = small_test(ai_variant_test)
    best = arms["clicks"].idxmax()
    return wrong(
        row_of(arms[arms["allowed"]]) | {"variant": best},  # whatever chance and CTR stand beside it
        shows={
            "the best-looking variant breaks": arms.loc[best, "breaks_rule"] or "no listed rule",
            "its facts are proven": "yes" if arms.loc[best, "facts_proven"] else "no",
        },
        cost=f"It may not run. An absolute term starts at {yuan(LOWEST_FINE)} (Art. 57); a false fact is a false advertisement (Art. 28, 55).",
    )


@chosen_variant.mistake(
    "WINNERS_CURSE", repair="Which of ten throws of dice would you report, if you may choose?"
)
def _(ai_variant_test, feed_ads_daily):
    """You promised the CTR with which it won. It won partly because it was lucky, and luck does not come along into the
    campaign."""
    arms = small_test(ai_variant_test)
    row = row_of(arms[arms["allowed"]])
    seen = arms.loc[row["variant"], "ctr"]
    december = feed_ads_daily[feed_ads_daily["date"] >= "2025-12-01"]
    cpc = december["cost"].sum() / december["clicks"].sum()
    leaders = arms.nlargest(3, "ctr")
    lost = (leaders["ctr"] - leaders["again"]).sum() * IMPRESSIONS
    return wrong(
        row | {"ctr": seen},
        shows={
            "clicks behind your number": count(arms.loc[row["variant"], "clicks"]),
            "impressions behind it": count(arms.loc[row["variant"], "impressions"]),
        },
        cost="The three of all ten that led the small test, promised as they led, would be "
        f"{count(lost)} clicks short on a million "
        f"impressions each; bought at December's price these cost {yuan(lost * cpc)}.",
    )


@chosen_variant.mistake("MULTI_COMPARE", repair="How many arms had the chance to be lucky?")
def _(ai_variant_test):
    """You gave the chance of one arm, named in advance. You named the winner afterwards: each of them could have been it."""
    arms = small_test(ai_variant_test)
    allowed = arms[arms["allowed"]]
    row = row_of(allowed)
    one, _ = by_luck(allowed, row["variant"])
    return wrong(
        row | {"luck": one},
        shows={"arms that could have won": count(len(allowed)), "arms in your chance": "1"},
    )


@chosen_variant.slip("filter")
def _(ai_variant_test):
    """You gave the chance that at least one of ten arms is lucky. Those that may not run could not have
    won."""
    arms = small_test(ai_variant_test)
    row = row_of(arms[arms["allowed"]])
    one, _ = by_luck(arms[arms["allowed"]], row["variant"])
    return row | {"luck": 1 - (1 - one) ** len(arms)}


chosen_variant.hints(
    "In which order do law, facts and clicks speak?",
    "Keep what is allowed, take the most clicks of round 1, and read its clicks per impression in round 2. The chance that "
    "none of n is lucky is (1 - chance of one) to the power n.",
    '1 - (1 - one) ** len(allowed), and round_2.loc[winner, "clicks"] / round_2.loc[winner, "impressions"].',
)


# ---------------------------------------------------------------- mixed case, memo


@per_world
def desk_lines(copy_lines, products):
    """Lines that name a price: whether it is today's, and whether both raters find the tone fitting."""
    lines = copy_lines.dropna(subset=["price_claim"])
    today = lines["sku"].map(products.set_index("sku")["list_price"])
    return lines.assign(
        true_price=lines["price_claim"] == today,
        gap=(lines["price_claim"] - today).abs(),
        fits=lines[["tone_a", "tone_b"]].min(axis=1) >= 3,
        clean=lines["label"] == "clean",
    )


@per_world
def autumn_photos(ugc):
    """Photo reviews since October 2025."""
    return ugc[(ugc["kind"] == "photo review") & (ugc["created_at"] >= "2025-10-01")]


@per_world
def october_leads(leads):
    """Leads of October 2025, whether the contact is new."""
    first = ~leads.sort_values("submitted_at", kind="stable").duplicated("contact_id")
    return leads.assign(new=first)[leads["submitted_at"] >= "2025-10-01"]


def desk(copy_lines, products, ugc, leads):
    """The three counts."""
    lines, photos, names = desk_lines(copy_lines, products), autumn_photos(ugc), october_leads(leads)
    return {
        "lines": int((lines["clean"] & lines["true_price"] & lines["fits"]).sum()),
        "photos": int(((photos["consent_to_reuse"] == "separate") & ~photos["shows_child"]).sum()),
        "leads": int((names["may_be_called"] & names["number_ok"] & names["new"]).sum()),
    }


@exercise(
    "J09.9",
    title="What may leave the desk on Friday",
    kind="table",
    unit="count",
    minutes=(8, 13),
    points=2,
    practises=["R103", "R102", "R118", "R171", "R239"],
    section="Mixed case: what may leave the desk",
    selfcheck={
        "grain": "a line, a photo review, a new contact",
        "window": "all lines; reviews since 1 October 2025; leads since 1 October 2025",
        "filter": "each request has conditions of its own; all of them have to hold",
    },
)
def friday(copy_lines, products, ugc, leads):
    """Each thing leaves only if every condition holds for it: law, facts, tone; separate consent, no child; consent, number, new."""
    return desk(copy_lines, products, ugc, leads)


@friday.mistake(
    "FLUENCY_AS_FACT", repair="What does the price list say today about the articles in the lines?"
)
def _(copy_lines, products, ugc, leads):
    """Your number of lines is what comes out when all that break no rule and read well may go. A price that
    was true in spring is a false statement now, however smooth; if you did compare the prices, look at the
    tones again."""
    lines = desk_lines(copy_lines, products)
    stale = lines[lines["clean"] & lines["fits"] & ~lines["true_price"]]
    return wrong(
        desk(copy_lines, products, ugc, leads) | {"lines": int((lines["clean"] & lines["fits"]).sum())},
        shows={
            "lines with a price": count(len(lines)),
            "with a price that is not today's": count((~lines["true_price"]).sum()),
        },
        cost=f"An old price in these lines is {yuan(stale['gap'].mean())} off on average; a hundred "
        "buyers who are held to it or turn "
        f"away make {yuan(stale['gap'].mean() * 100)}.",
    )


@friday.mistake("CONSENT_BUNDLED", repair="Which sentence did the author of a photo with terms agree to?")
def _(copy_lines, products, ugc, leads):
    """You counted a tick at the general terms as consent to advertising. A line in the terms is no separate consent to
    showing this photo to everybody."""
    photos = autumn_photos(ugc)
    ticked = (photos["consent_to_reuse"] == "terms") & ~photos["shows_child"]
    right = desk(copy_lines, products, ugc, leads)
    return wrong(
        right | {"photos": right["photos"] + int(ticked.sum())},
        shows={
            "photo reviews whose author ticked the terms": count(
                (photos["consent_to_reuse"] == "terms").sum()
            ),
            "whose author agreed to nothing": count((photos["consent_to_reuse"] == "none").sum()),
        },
        cost="Each of the former may ask tomorrow why the photo hangs there. Art. 66 PIPL takes the "
        "gain, and up to "
        f"{yuan(NOT_MENDED)} if it is not mended.",
    )


@friday.mistake("CHILD_DATA", repair="Who can be recognised in the photo, and how old is that person?")
def _(copy_lines, products, ugc, leads):
    """You let photos with a child go out. The parent's yes to reuse is not the guardian's separate consent for the child's
    face, and a poster cannot be taken back."""
    photos = autumn_photos(ugc)
    separate = photos["consent_to_reuse"] == "separate"
    return wrong(
        desk(copy_lines, products, ugc, leads) | {"photos": int(separate.sum())},
        shows={
            "photo reviews with a child's face": count(photos["shows_child"].sum()),
            "as a share of all photo reviews": percent(photos["shows_child"].mean(), 0),
        },
        cost=f"By this rule each of the {count(photos['shows_child'].sum())} waits for a parent's yes "
        "only. Art. 66 PIPL takes the gain, "
        f"and up to {yuan(NOT_MENDED)} if it is not mended; far more in a grave case.",
    )


@friday.mistake("ROWS_AS_PEOPLE", repair="How often does the contact with the most rows stand in the table?")
def _(copy_lines, products, ugc, leads):
    """You counted forms. Who sends a form again is the same person, and sales would call twice."""
    names = october_leads(leads)
    rows = names["may_be_called"] & names["number_ok"]
    return wrong(
        desk(copy_lines, products, ugc, leads) | {"leads": int(rows.sum())},
        shows={
            "forms in October": count(len(names)),
            "different contacts": count(names["contact_id"].nunique()),
        },
    )


@friday.slip("window")
def _(copy_lines, products, ugc, leads):
    """You looked for earlier forms in October only. Who had sent one before October had sent a form
    before."""
    names = october_leads(leads).sort_values("submitted_at", kind="stable")
    first = ~names.duplicated("contact_id")
    fit = names["may_be_called"] & names["number_ok"] & first
    return desk(copy_lines, products, ugc, leads) | {"leads": int(fit.sum())}


@friday.slip("filter")
def _(copy_lines, products, ugc, leads):
    """You handed on leads without consent to a call."""
    names = october_leads(leads)
    return desk(copy_lines, products, ugc, leads) | {"leads": int((names["number_ok"] & names["new"]).sum())}


friday.hints(
    "What would make you stop each of the three, one condition at a time?",
    "Lines: label, price of today by sku, both tones. Photos: separate consent and no child. Leads: consent, number, first form.",
    'first = ~leads.sort_values("submitted_at").duplicated("contact_id"); then count where all conditions hold.',
)


@exercise(
    "J09.10",
    title="Memo: may the tool clear our copy alone?",
    kind="memo",
    unit="fraction",
    minutes=(5, 8),
    points=2,
    practises=["R245", "R250"],
    section="The memo",
    selfcheck={
        "line 1": "the tool's recall on the labelled lines, with the number of lines behind it",
        "line 2": "the evidence: what it is compared with, and how large that is",
        "line 3": "the ask: who should do what, by when",
    },
)
def tool_memo(copy_lines):
    """The share of banned lines that the tool finds decides whether it may clear copy alone."""
    lines = labelled(copy_lines)
    return lines.loc[lines["banned"], "flagged"].mean()


@tool_memo.mistake("ACCURACY_IMBALANCE", repair="What does the number of line 1 say about the banned lines?")
def _(copy_lines):
    """Your first line carries the seller's accuracy. It is made of clean lines, and Director Shen asks about the others."""
    lines = labelled(copy_lines)
    return wrong(
        (lines["flagged"] == lines["banned"]).mean(),
        shows={
            "right answers about clean lines": count((~lines["flagged"] & ~lines["banned"]).sum()),
            "accuracy of a tool that flags nothing": percent(1 - lines["banned"].mean()),
        },
        cost=tool_misses(lines),
    )


@tool_memo.mistake("WRONG_DENOM", repair="Of the lines that are banned, which share does the tool stop?")
def _(copy_lines):
    """Your first line carries the precision of the tool: the banned among the lines it stops. What it lets
    through is a question about the lines that are banned."""
    lines = labelled(copy_lines)
    return wrong(
        lines.loc[lines["flagged"], "banned"].mean(),
        shows={"lines flagged": count(lines["flagged"].sum()), "lines banned": count(lines["banned"].sum())},
        cost=tool_misses(lines),
    )


@tool_memo.mistake("NO_ACTION", repair="Who reads the copy from Monday on?")
def _():
    """Your third line asks for nothing. A number about a tool changes nothing until somebody is told to use it otherwise."""
    return None


tool_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 1: recall of the word list. Line 2: a second figure, such as the rules' recall on lines that nobody had read.",
    "Line 3 begins with a verb: keep, stop, approve, review; and says who and by when.",
)
