"""Times robust aggregation the way research libraries compute it in PyTorch, on one thread.

Needs python3 with torch. Each rule follows the released code that it names, in R^d: an SVD, a Weiszfeld loop, a sort.
Prints one line a rule, and with --json one JSON object on the last line.

    python3 bench/torch_reference.py [--shapes 16x1000000,64x1000000] [--threads 1] [--repetitions 3] [--json]
"""

import argparse
import json
import statistics
import sys
import time

import torch


def median_lower(x, f):
    """torch.median takes the lower of two middle values."""
    return torch.median(x, dim=0).values


def trimmed_mean(x, f):
    ordered = torch.sort(x, dim=0).values
    return ordered[f : len(x) - f].mean(dim=0)


def gram(x, f):
    return x @ x.T


def weighted_sum(x, f):
    return torch.full((len(x),), 1.0 / len(x)) @ x


def geometric_median(x, f, steps=3, nu=0.1):
    """RFA (Pillutla et al.): smoothed Weiszfeld from zero."""
    z = torch.zeros_like(x[0])
    for _ in range(steps):
        weights = 1.0 / torch.clamp(torch.linalg.vector_norm(x - z, dim=1), min=nu)
        z = (weights / weights.sum()) @ x
    return z


def ctma_over_geometric_median(x, f):
    """Dahan and Levy: the mean of the n - f inputs nearest to the base's aggregate."""
    distances = torch.linalg.vector_norm(x - geometric_median(x, f), dim=1)
    return x[torch.argsort(distances)[: len(x) - f]].mean(dim=0)


def krum(x, f):
    """All pairwise distances, as torch.cdist without the matrix product does."""
    distances = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist") ** 2
    scores = torch.sort(distances, dim=1).values[:, 1 : len(x) - f - 1].sum(dim=1)
    return x[torch.argmin(scores)]


def flag(x, f, weight=0.0):
    """Released arithmetic of the Flag aggregator, one iteration: an SVD of the d x m matrix of weighted unit columns."""
    n = len(x)
    units = (x / torch.linalg.vector_norm(x, dim=1, keepdim=True)).T
    columns = units
    if weight > 0:
        pairs = [units[:, i] - units[:, j] for i in range(n) for j in range(n) if i != j]
        columns = torch.cat([units, torch.stack(pairs, dim=1) * (weight / (n * (n - 1)))], dim=1)
    y = torch.linalg.svd(columns, full_matrices=False).U[:, : (n + 2) // 2]
    return (y @ (y.T @ units)).sum(dim=1) / y.shape[1]


RULES = {
    "gram": gram,
    "weighted sum": weighted_sum,
    "median, lower": median_lower,
    "trimmed-mean": trimmed_mean,
    "krum": krum,
    "geometric-median, 3 steps": geometric_median,
    "ctma over geometric-median": ctma_over_geometric_median,
    "flag, lambda 0": flag,
    "flag, lambda 4": lambda x, f: flag(x, f, 4.0),
}


def time_rule(rule, x, f, repetitions):
    rule(x, f)
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        rule(x, f)
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shapes", default="16x1000000,64x1000000")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--rules", default=",,".join(RULES), help="names, separated by two commas")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    rows = []
    for shape in options.shapes.split(","):
        n, d = map(int, shape.split("x"))
        x = torch.randn(n, d, generator=torch.Generator().manual_seed(1))
        for name in options.rules.split(",,"):
            if name == "flag, lambda 4" and n > 16:
                continue  # n (n - 1) columns of d values do not fit
            milliseconds = time_rule(RULES[name], x, (n - 3) // 4, options.repetitions)
            rows.append({"n": n, "d": d, "threads": options.threads, "name": name, "milliseconds": milliseconds})
            print(f"{shape} {name}: {milliseconds:.1f} ms", file=sys.stderr, flush=True)
    if options.json:
        print(json.dumps({"torch": torch.__version__, "rows": rows}))


if __name__ == "__main__":
    main()
