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
# # Experiment and compare
#
# Two prompts × two seeds on the embedded engine – no key, no network, no cost – then side by side.

# %%
from workbench import Workbench

wb = Workbench()
prompts = [
    "A lighthouse on a cliff at dawn, slow pan left",
    "A lighthouse on a cliff in a storm at night, slow pan left",
]
settings = {"model": "animatic/preview", "duration_s": 1, "resolution": "360p"}

# %% [markdown]
# `submit_many` logs all or none and returns at once; `wait` shows how far they are. The app drives them
# where it is up on this folder, else this notebook does.

# %%
requests = [wb.request(prompt, seed=seed, **settings) for seed in (1, 2) for prompt in prompts]
made = wb.wait(wb.submit_many(requests))
[str(run) for run in made]

# %% [markdown]
# ## Everything at a glance
#
# A set of runs is read only when it is looked at; `where` narrows it. A grid is by any setting, by model,
# seed or prompt, or by a slot of a template.

# %%
runs = wb.runs("lighthouse").limit(4)
runs.grid(x="seed", y="prompt")

# %% [markdown]
# ## In step, to the frame
#
# The same seed with both prompts. Click into it; then Space plays, comma and full stop step by a frame, and
# ? shows all keys. The cell holds small copies and plays offline.

# %%
runs.compare(made[0].id, made[1].id, layout="side", max_bytes=250_000)

# %%
wb.close()
