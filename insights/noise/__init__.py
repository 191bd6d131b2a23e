"""Noise: which rules page without need, how that weighs on a shift, and where alerts come in unlike other weeks."""
