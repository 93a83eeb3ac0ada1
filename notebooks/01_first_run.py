# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # First run
#
# From a prompt to a logged clip, on the embedded engine: no key, no network, no cost. What is logged here
# shows in the app and on the command line too, as long as they use the same data folder.

# %%
from html import escape

from IPython.display import HTML, display

from workbench import Workbench
from workbench.prompting.diff import word_diff

wb = Workbench()
print(wb.settings.data)

# %% [markdown]
# `generate` waits for the clip. The run shows itself: the clip (a small preview that stays inside the
# notebook; the original lies at *File*) beside the exact request.

# %%
settings = {"model": "animatic/preview", "duration_s": 2, "resolution": "360p"}
run = wb.generate(
    "A lion walks through tall grass at dawn, slow dolly in, documentary style",
    negative_prompt="text, watermark",
    seed=7,
    **settings,
)
run

# %% [markdown]
# The embedded engine is an animatic: camera, light, weather, composition. It says which words it drew and
# which it did not.

# %%
{name: list(run.report[name]) for name in ("matched", "unmatched")}

# %% [markdown]
# ## Is it the prompt or the seed?
#
# One clip tells little. Two more takes of the same request, with the next seeds: `submit_many` returns at
# once, `wait` shows how far they are and gives back every run, failed ones too.

# %%
ids = wb.submit_many(run.request.takes(3)[1:])
takes = wb.wait(ids)
for take in takes:
    display(take)

# %% [markdown]
# ## Change a few words
#
# The same seed and another time of day; then the words that differ.

# %%
changed = wb.generate(
    "A lion walks through tall grass at dusk, slow dolly in, documentary style",
    negative_prompt=run.request.negative_prompt,
    seed=run.request.seed,
    **settings,
)
changed

# %%
marks = {"same": "{}", "added": "<ins>{}</ins>", "removed": "<del>{}</del>"}
pieces = word_diff(run.request.prompt, changed.request.prompt)
HTML("".join(marks[piece.kind].format(escape(piece.text)) for piece in pieces))

# %% [markdown]
# ## Say what you see
#
# Scores go from 1 to 5. Whoever changes their mind rates again: the newest rating counts.

# %%
wb.rate(run.id, {"prompt_adherence": 4, "motion": 3}, comment="The light is right")
wb.rate(changed.id, {"prompt_adherence": 3, "motion": 4})

# %% [markdown]
# ## The log as a table
#
# Every run that mentions a lion, newest first. `arm` is the same for runs that differ in nothing but the
# seed: group by it to compare prompts rather than single clips.

# %%
frame = wb.runs("lion").to_dataframe()
frame[["created_at", "prompt", "seed", "status", "latency_s", "rating", "path"]]

# %%
means = {"prompt": "first", "latency_s": "mean", "rating": "mean"}
frame.groupby("arm").agg(means).set_index("prompt")

# %% [markdown]
# ## Go on
#
# `workbench` on the command line starts the app on the same folder, `workbench runs` lists what is in it,
# and `wb.run(id)` brings any run back here.

# %%
wb.close()
