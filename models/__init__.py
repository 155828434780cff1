"""The nets. Empty in this version: training and prediction come with a later one."""
