# SPDX-License-Identifier: Apache-2.0

"""The page docs/iree-releases.md from the verdicts of a run."""

INTRODUCTION = """# Compiler releases

Written by `make matrix` (tests/matrix): each model is compiled by each release of the IREE compiler and run on the simulated
core through the firmware; what comes back is compared with NumPy, and NumPy with IREE's own runtime on the host. Element for
element the difference is at most the model's tolerance (0 for integers and truth values; 1e-6 to 2e-3 for floating point, in
tests/matrix/cases.py and the corpus' manifest).

A cell says how many of the ways to compile answer right, of how many were tried: {variants}.
`c` with a number: the release itself refuses to compile the model that way; its words stand below.
"""


def cell(verdicts):
    if not verdicts:
        return "-"
    right = sum(v.outcome == "passed" for v in verdicts)
    wrong = sum(v.outcome == "failed" for v in verdicts)
    refused = sum(v.outcome == "compiler" for v in verdicts)
    if wrong:
        return f"**{wrong} WRONG**"
    if not refused:
        return f"{right}/{right}"
    return f"{right}/{right} c{refused}" if right else f"c{refused}"


def page(verdicts, releases, variants):
    used = [variant for variant in variants if any(job.variant == variant for job in verdicts)]
    models = list(dict.fromkeys(job.model for job in verdicts))
    ways = "; ".join(f"*{variant.name}* ({variant.what})" for variant in used)
    lines = [INTRODUCTION.format(variants=ways)]
    counts = {kind: sum(v.outcome == kind for v in verdicts.values()) for kind in ("passed", "failed", "compiler")}
    rows = [release for release in releases if any(job.release == release for job in verdicts)]
    lines.append(
        f"{len(rows)} releases, {len(models)} models, {len(verdicts)} modules: {counts['passed']} answer right, "
        f"{counts['failed']} wrong, {counts['compiler']} are not compiled by their release.\n"
    )
    lines.append("| release | " + " | ".join(model.name for model in models) + " |")
    lines.append("| --- |" + " --- |" * len(models))
    for release in rows:
        of = lambda model: [v for job, v in verdicts.items() if job.release == release and job.model == model]  # noqa: B023, E731
        lines.append(f"| {release.name} | " + " | ".join(cell(of(model)) for model in models) + " |")
    lines += ["", "## The models", "", "| model | what is in it |", "| --- | --- |"]
    lines += [f"| {model.name} | {model.what} |" for model in models]
    lines += refusals(verdicts, rows)
    lines += failures(verdicts)
    return "\n".join(lines) + "\n"


def refusals(verdicts, rows):
    """One line per model, variant and message; the releases that give it, as a list."""
    grouped = {}
    for job, verdict in verdicts.items():
        if verdict.outcome == "compiler":
            grouped.setdefault((job.model.name, job.variant.name, verdict.detail), []).append(job.release)
    if not grouped:
        return ["", "Every release compiles every model."]
    lines = ["", "## What releases refuse to compile", "", "| model, way | releases | the compiler's words |", "| --- | --- | --- |"]
    for (model, variant, words), who in grouped.items():
        names = ", ".join(release.name for release in rows if release in who)
        quoted = words.replace("|", "\\|")[:300]
        lines.append(f"| {model}, {variant} | {names} | {quoted} |")
    return lines


def failures(verdicts):
    wrong = [(job, verdict) for job, verdict in verdicts.items() if verdict.outcome == "failed"]
    if not wrong:
        return []
    lines = ["", "## Wrong answers", ""]
    return lines + [f"* {job.name}: {verdict.detail[:400]}" for job, verdict in wrong]
