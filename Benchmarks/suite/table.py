"""The rows of a benchmark: printed as they are made, and kept for a file of JSON."""

import json
import statistics


class Table:
    def __init__(self, facts):
        self.document = {"facts": facts, "rows": [], "left_out": []}
        for name, value in facts.items():
            print(f"{name + ':':<16} {value}")
        print(f"\n{'what':<64} {'median':>12} {'least':>10} {'most':>10}  {'durable':<8} beside, and goal", flush=True)

    def row(self, what, unit, values, durable="", beside="", goal=None, value_of_goal=None, **more):
        """One line. `goal` is a (relation, number) that the median, or another value, is held against."""
        median, least, most = statistics.median(values), min(values), max(values)
        met = None
        if goal:
            relation, limit = goal
            held = median if value_of_goal is None else value_of_goal
            met = held >= limit if relation == ">=" else held <= limit
            beside += f"{'; ' if beside else ''}goal {relation} {limit:g}: {'met' if met else 'NOT MET'}"
        print(f"{what:<64} {shown(median):>7} {unit:<4} {shown(least):>10} {shown(most):>10}  {durable:<8} {beside}",
              flush=True)
        self.document["rows"].append(
            {"what": what, "unit": unit, "median": median, "least": least, "most": most, "runs": list(values),
             "durable": durable, "beside": beside, "goal": goal and f"{goal[0]} {goal[1]:g}", "met": met} | more)
        return median

    def leave_out(self, what, why):
        print(f"{what:<64} {'left out':>12}  {why}", flush=True)
        self.document["left_out"].append({"what": what, "why": why})

    def write(self, path):
        with open(path, "w") as file:
            json.dump(self.document, file, indent=2)
            file.write("\n")


def shown(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratios(ours, theirs):
    """The median of what each run came to beside the one of the same round."""
    return statistics.median(one / other for one, other in zip(ours, theirs))
