"""Lists of orders: one row a line, with what belongs to the whole order told once or told again and again."""


def fill_down(frame):
    """Shopify tells an order's state, times, place and currency on its first row only: repeat them on the others. Money stays as it is."""
    columns = [
        name
        for name in ("status", "created_at", "paid_at", "currency", "channel", "region", "country")
        if name in frame
    ]
    if "order_id" in frame and columns:
        attrs = frame.attrs
        frame[columns] = frame[columns].fillna(frame.groupby("order_id", sort=False)[columns].ffill())
        frame.attrs = attrs
    return frame


def once_an_order(frame):
    """JD repeats the order's amount on every line: keep it on the first, so that its sum is the sum over orders."""
    columns = [name for name in ("order_amount", "revenue") if name in frame]
    if "order_id" not in frame or not columns:
        return frame
    again = frame["order_id"].duplicated() & frame["order_id"].notna()
    if again.any():
        for name in columns:
            frame.loc[again, name] = float("nan")
        frame.attrs["notes"].append(
            f"{int(again.sum())} rows repeat their order: its amount stands on the first row only."
        )
    return frame
