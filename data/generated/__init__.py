"""The generated market: a seeded A-share simulator, so that the first start works offline.

`universe` says which invented instruments exist, `schedule` what befalls them, `factors` how
the market moves as a whole, `daily` makes their bars, `intraday` splits a day into minutes,
`book` a minute into 3-second quotes. `store` and `build` keep the bars, `market` and `tape`
serve them, `facts` measures them against the real market. Everything is labelled
`Origin.GENERATED`.
"""
