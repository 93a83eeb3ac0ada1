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
# # Analyse runs
#
# The log as a table: cost, latency quantiles, failures, metrics, plots. Four short runs on the embedded
# engine come first, so that there is something to look at in an empty folder.

# %%
from workbench import Workbench

wb = Workbench()
settings = {"model": "animatic/preview", "resolution": "360p"}
requests = [
    wb.request("A lake at dawn, slow pan left", seed=seed, duration_s=duration_s, **settings)
    for duration_s in (1, 2)
    for seed in (1, 2)
]
ids = wb.submit_many(requests)
[run.status.value for run in wb.wait(ids)]

# %% [markdown]
# Metrics are measured on this machine and cost nothing.

# %%
wb.measure()

# %%
runs = wb.runs("lake")
frame = runs.to_dataframe(metrics=["camera_pan"])
frame[["prompt", "seed", "duration_s", "status", "camera_pan"]]

# %% [markdown]
# ## Cost
#
# What was billed, where that is known, else the estimate.

# %%
frame["cost_usd"] = frame["billed_usd"].fillna(frame["estimate_usd"])
frame.groupby("model")["cost_usd"].agg(["count", "sum", "mean"])

# %% [markdown]
# ## Latency

# %%
frame.groupby(["model", "duration_s"])["latency_s"].quantile([0.5, 0.9, 0.99]).unstack()

# %%
runs.plot.latency(by="duration_s")

# %% [markdown]
# ## Failures

# %%
frame.groupby(["model", "status"]).size().unstack(fill_value=0)

# %% [markdown]
# ## Metrics

# %%
frame.groupby("prompt")["camera_pan"].describe()

# %%
runs.plot.metric("camera_pan", by="prompt")

# %% [markdown]
# ## Take it elsewhere
#
# Parquet with the same columns and types; `to_csv` and `to_jsonl` are there, too.

# %%
path = runs.to_parquet("runs.parquet", metrics=["camera_pan"])
path.name

# %%
wb.close()
