"""Panels for JupyterLab: each shows a frame made elsewhere, with its sliders, its figure and its static twin."""
