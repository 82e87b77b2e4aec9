"""The normal and Student's distribution without scipy: tail, distribution function and quantile.

Student's upper tail is half of the regularised incomplete beta function I_x(ν/2, 1/2) at x = ν/(ν+t²) (Abramowitz and
Stegun 26.7.1), which is a continued fraction (26.5.8) summed by Lentz' method: good to 1e-11 of its value however
far out. Degrees of freedom need not be whole (Welch). Quantiles are found by Newton's method on the tail's logarithm.
"""

import math

NORMAL_FROM = 1e7  # with so many degrees of freedom Student's distribution is the normal one, to all digits shown
NEAR = 3.0  # t² below which what lies between 0 and t is summed, and not the tail
STEPS_MAX = 200
TERMS_MAX = 20_000
TINY = 1e-300


def normal_tail(z: float) -> float:
    """P(Z > z)."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def normal_below(z: float) -> float:
    """P(Z <= z)."""
    return normal_tail(-z)


def log_scaled_below(z: float) -> float:
    """z²/2 + ln P(Z <= z), without cancellation where the probability itself would be 0 (asymptotic below −30)."""
    if z > -30:
        return z * z / 2 + math.log(normal_below(z))
    square = z * z
    return math.log1p(-1 / square + 3 / square**2 - 15 / square**3) - math.log(-z) - math.log(2 * math.pi) / 2


def normal_beyond(p: float) -> float:
    """The z with P(Z > z) = p; 0 < p < 1."""
    if p > 0.5:
        return -normal_beyond(1 - p)
    z = 0.0 if p > 0.1 else math.sqrt(-2 * math.log(p))
    for _ in range(STEPS_MAX):
        tail = normal_tail(z)
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        step = math.log(tail / p) * tail / density
        z += step
        if abs(step) <= 1e-14 * max(1.0, abs(z)):
            break
    return z


def student_tail(t: float, freedom: float) -> float:
    """P(T > t) with `freedom` degrees of freedom (> 0)."""
    if freedom >= NORMAL_FROM:
        return normal_tail(t)
    if t < 0:
        return 1 - student_tail(-t, freedom)
    square, half = t * t, freedom / 2
    if square / freedom == 0:
        return 0.5
    # ln of x^a·(1−x)^b / B(a, b): the same for both ends of the distribution
    scale = half_step(half) - 0.5 * math.log(math.pi) - (half + 0.5) * math.log1p(square / freedom)
    scale += 0.5 * math.log(square / freedom)
    if square < NEAR:
        return 0.5 - math.exp(scale) * beta_fraction(square / (freedom + square), 0.5, half)
    return 0.5 * math.exp(scale) * beta_fraction(freedom / (freedom + square), half, 0.5) / half


def student_beyond(p: float, freedom: float) -> float:
    """The t with P(T > t) = p; 0 < p < 1.

    Newton's method in ln t on ln P: concave there, so that it comes down on the answer from one side.
    """
    if freedom >= NORMAL_FROM:
        return normal_beyond(p)
    if p > 0.5:
        return -student_beyond(1 - p, freedom)
    if p == 0.5:
        return 0.0
    t = max(normal_beyond(p), 1e-12)
    for _ in range(STEPS_MAX):
        tail = student_tail(t, freedom)
        step = math.log(tail / p) * tail / (t * student_density(t, freedom))
        t *= math.exp(min(step, 50.0))
        if abs(step) <= 1e-13:
            break
    return t


def student_density(t: float, freedom: float) -> float:
    half = freedom / 2
    scale = half_step(half) - 0.5 * math.log(math.pi * freedom)
    return math.exp(scale - (half + 0.5) * math.log1p(t * t / freedom))


def half_step(a: float) -> float:
    """ln Γ(a + ½) − ln Γ(a), without the cancellation where both are huge."""
    if a < 1000:
        return math.lgamma(a + 0.5) - math.lgamma(a)
    return 0.5 * math.log(a) - 1 / (8 * a) + 1 / (192 * a**3)


def beta_fraction(x: float, a: float, b: float) -> float:
    """a·I_x(a, b)·B(a, b) / (x^a·(1−x)^b), by modified Lentz; quick for x < (a+1)/(a+b+2)."""
    upper, lower = 1.0, 1 / nonzero(1 - (a + b) * x / (a + 1))
    value = lower
    for m in range(1, TERMS_MAX):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for term in (even, odd):
            lower = 1 / nonzero(1 + term * lower)
            upper = nonzero(1 + term / upper)
            change *= lower * upper
        value *= change
        if abs(change - 1) < 1e-15:
            break
    return value


def nonzero(value: float) -> float:
    return value if abs(value) > TINY else TINY
