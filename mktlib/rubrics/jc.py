"""The rubric of JC: six criteria, four levels, and for each level a paragraph as it could stand on a page of this brand.

The paragraphs speak of April 2025 and of other faults, lists and tests than those that JC asks about, so none gives an answer
away. Their numbers are facts of the active world.
"""

from mktlib.ab import srm, two_rates
from mktlib.compliance import may_send
from mktlib.course.registry import Criterion
from mktlib.course.text import count, percent, yuan

APRIL = ("2025-04-01", "2025-05-01")
SLOW = ("2025-03-11", "2025-03-30")  # the release that made Android slow, up to but not including
BEFORE = ("2025-02-20", "2025-03-11")


def facts(web_sessions, budget, orders, page_speed, ab_tests, send_plan, consent_log):
    """What the paragraphs quote, as texts by name."""
    return {
        **april(web_sessions, budget, orders),
        **slow_pages(page_speed),
        **button(ab_tests, web_sessions),
        **sample_box(send_plan, consent_log),
    }


def _within(table, column, period):
    return table[table[column].between(*period, inclusive="left")]


def april(web_sessions, budget, orders):
    visits = _within(web_sessions, "started_at", APRIL)
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at", kind="stable")
    sold = _within(paid.assign(is_first=~paid.duplicated("customer_id")), "ordered_at", APRIL)
    spent = _within(budget, "date", APRIL)["spent"].sum()
    shop = int((sold["store"] == "own").sum())
    in_visits = int(visits["order_id"].isin(sold["order_id"]).sum())
    return {
        "visits": count(len(visits)),
        "visitors": count(visits["visitor_id"].nunique()),
        "daily_sum": count(visits.groupby(visits["started_at"].dt.date)["visitor_id"].nunique().sum()),
        "spent": yuan(spent),
        "new": count(sold["is_first"].sum()),
        "cac": yuan(spent / sold["is_first"].sum()),
        "per_order": yuan(spent / len(sold)),
        "share": percent(sold["is_first"].mean(), 0),
        "shop_orders": count(shop),
        "visit_orders": count(in_visits),
    }


def slow_pages(page_speed):
    """Android pages before and during the slow release of March 2025, with iOS beside them, which did not get it."""
    found = {}
    for name, period in (("before", BEFORE), ("slow", SLOW)):
        rows = _within(page_speed, "date", period)
        for device in ("android", "ios"):
            own = rows[rows["device"] == device]
            found[f"{device}_{name}"] = percent(own["bounces"].sum() / own["visits"].sum())
            found[f"lcp_{device}_{name}"] = f"{(own['lcp'] * own['visits']).sum() / own['visits'].sum():.1f}"
    rows = _within(page_speed, "date", SLOW).query("device == 'android'")
    usual = _within(page_speed, "date", BEFORE).query("device == 'android'")
    extra = rows["bounces"].sum() - usual["bounces"].sum() / usual["visits"].sum() * rows["visits"].sum()
    return found | {"extra_bounces": count(extra), "lost": yuan(extra * 0.09 * 330 * 0.42)}


def button(ab_tests, web_sessions):
    """The test of the button's colour: clicks, and as guardrail visitors with an order, per 1,000 visitors."""
    arms = (
        ab_tests[ab_tests["test"] == "button_colour"]
        .groupby("arm", observed=True)["converted"]
        .agg(["size", "sum"])
    )
    (size_a, hits_a), (size_b, hits_b) = arms.loc[["A", "B"]].to_numpy().tolist()
    found = two_rates(hits_a, size_a, hits_b, size_b)
    days = _within(web_sessions, "started_at", ("2025-04-22", "2025-04-29")).dropna(subset=["order_id"])
    people = ab_tests[ab_tests["test"] == "button_colour"]
    buyers = people["visitor_id"].isin(days["visitor_id"]).groupby(people["arm"].astype(str)).sum()
    guard = two_rates(buyers["A"], size_a, buyers["B"], size_b)
    return {
        "lift": percent(found["lift"], 0),
        "p": f"{found['p']:.2f}",
        "low": f"{1000 * found['low']:.0f}",
        "high": f"{1000 * found['high']:.0f}",
        "guard_low": f"{1000 * guard['low']:.0f}",
        "guard_high": f"{1000 * guard['high']:.0f}",
        "srm": f"{srm(size_a, size_b)['p']:.2f}",
        "size_a": count(size_a),
        "size_b": count(size_b),
    }


def sample_box(send_plan, consent_log):
    rows = send_plan[send_plan["plan"] == "SAMPLE-BOX-MAIL"]
    agreed = may_send(rows, consent_log, "marketing", "e-mail", rows["send_at"].iloc[0])
    return {"listed": count(len(rows)), "off": count((~agreed).sum()), "sent": count(agreed.sum())}


CRITERIA = {
    "metrics": Criterion(
        "Metric correctness",
        30,
        (
            "More than three indicators are wrong or nobody can say what they mean.",
            "One to three are wrong; some windows are missing.",
            "All are right within the tolerance, each with its definition and window.",
            "They are, and two sources are reconciled and the uncertainty is stated.",
        ),
        (
            "April was a good month: many visitors ({daily_sum}), a low cost per customer ({per_order}), high conversion.",
            "April: {visits} visits, {visitors} unique visitors, CAC {per_order}. Spend and customers are those of all channels. "
            "[The CAC is the cost of an order, and no line says from when to when.]",
            "April 2025, own shop: {visits} visits and {visitors} unique visitors, each counted once in the month. CAC {cac}: all "
            "spend of the budget ({spent}: media, fees, coupons) over first paid orders ({new}), 1 to 30 April.",
            "April 2025: CAC {cac} ({spent} over {new} first paid orders). Reconciled: the books hold {shop_orders} paid orders of "
            "the own shop, the visits {visit_orders}. One first order more or less a day moves the CAC by about two per cent. "
            "Refunds come within two weeks, so April's are final; those of the sale's weeks in June are not, and a ROI of June "
            "would be an upper bound.",
        ),
    ),
    "hygiene": Criterion(
        "Data hygiene",
        15,
        (
            "Loads the files and hopes.",
            "Finds errors and mends them without a word.",
            "Tests before adding up, keeps a list of faults, and says why each is mended so.",
            "The checks can be run again, have thresholds, and find the planted errors and nothing else.",
        ),
        (
            "The three files were put together in one sheet and added up; the total is on page one.",
            "The double total of Xiaohongshu was taken out and some typing errors of the log were corrected.",
            "Faults found: one total row a file (set aside, it agrees with the rows), one line typed twice (the second dropped), one "
            "day not typed (taken from the budget's books). Every repair has its line number and its reason.",
            "log_faults runs before each report with jump=5; on the log of May and June 2025 it lists the faults that are known, and "
            "nothing else. exports.reconcile compares rows with stated totals and stops the report when they differ by more than one fen a row.",
        ),
    ),
    "diagnosis": Criterion(
        "Diagnosis",
        20,
        (
            "Describes a change.",
            "Names one cause and does not test it.",
            "Hypothesis, what would refute it, and a decomposition that adds up.",
            "Rules out two rivals and says what the fault cost.",
        ),
        (
            "In March the bounce rate on Android went from {android_before} to {android_slow}.",
            "In March the bounce rate on Android went from {android_before} to {android_slow}, because the spring campaign brought "
            "people who do not fit.",
            "Hypothesis: the release of 11 March made Android slow. It would be refuted if loading times had not moved, or if iOS had "
            "bounced more, too. Loading went from {lcp_android_before} to {lcp_android_slow} seconds on Android; bounces on iOS "
            "went from {ios_before} to {ios_slow}. The rise sits on Android alone.",
            "The release of 11 March: Android from {lcp_android_before} to {lcp_android_slow} seconds, bounces from {android_before} "
            "to {android_slow}. Not the campaign: it ran on iOS as well, where bounces went from {ios_before} to {ios_slow}. Not the "
            "counter: loading times come from another tool. {extra_bounces} visits more than usual left after one page; at 9 orders "
            "per 100 visits that stay, CNY 330 an order and 42 per cent margin, about {lost}.",
        ),
    ),
    "compliance": Criterion(
        "Compliance",
        15,
        (
            "A banned claim or a contact without consent remains.",
            "Words are caught, cases that hang on context are not.",
            "Nothing on the hidden lists gets through.",
            "Explains the rule, keeps the evidence, and makes the detector better.",
        ),
        (
            "The mail goes to all {listed} people of the list; they gave us their address.",
            "The mail goes to the {listed} people without those who complained, and all lines with 最 were taken off the sheet.",
            "Of {listed} people, {sent} had agreed to marketing by e-mail at the moment of sending; {off} come off. All lines were "
            "screened and then read; lines about dates and steps of use stay.",
            "Of {listed}, {off} come off: no event or a withdrawal under marketing and e-mail before the moment of sending (PIPL "
            "Art. 13 to 16); the list with the time of the query is kept. A line that the screen missed became a rule with a reason "
            "and its article, and precision and recall were measured again on lines that nobody had read.",
        ),
    ),
    "readout": Criterion(
        "A/B readout",
        10,
        (
            "The observed lift, nothing else.",
            "A p-value, read as the chance that B is better.",
            "Interval, split, guardrail, decision.",
            "Adds what the test could have found, and for whom the result may be promised.",
        ),
        (
            "The orange button wins by {lift}.",
            "The orange button wins by {lift}. p is {p}, so the chance that it is no better is {p}: worth a try.",
            "Split {size_a} to {size_b}, within what the lot does (SRM p = {srm}). Clicks per 1,000 visitors: between {low} and {high} "
            "more, so we cannot say that orange is better. Guardrail, visitors with an order per 1,000: between {guard_low} and "
            "{guard_high}, no harm that we can see. Keep the green button.",
            "The same, and: the plan asked for fourteen thousand visitors an arm to find a lift of a fifth, the week brought a "
            "thousand. The test could not have found it. Either run it for a quarter on all visitors or leave it; the result holds "
            "for visitors of one week of April, and not for the weeks of a sale.",
        ),
    ),
    "communication": Criterion(
        "Communication",
        10,
        (
            "A heap of numbers.",
            "A summary that asks for nothing.",
            "Number, evidence, ask.",
            "One page from which a director decides within a minute.",
        ),
        (
            "Visits {visits}, visitors {visitors}, spend {spent}, new customers {new}, CAC {cac}, bounces and clicks see sheet.",
            "April brought {new} new customers for {spent}, at {cac} each. Costs are under observation.",
            "A new customer cost {cac} in April. Fees and coupons are a part of it that no ad report shows: an order seems to cost "
            "{per_order}. Approve until Friday that all reports use the full cost.",
            "Headline: {cac} for a new customer, all costs counted. One chart beside it, with the title that says what it shows, and "
            "the definition in one line below. Ask: approve by Friday that the 618 budget is planned on {cac}, not on {per_order}; "
            "if not, the plan buys {share} of the customers that it promises. What would change my mind stands in the last line.",
        ),
    ),
}
