"""Student's and the normal distribution, against scipy, far into the tail."""

import pytest
from scipy import stats

from liftlock.decide.judge import students

FREEDOMS = [1, 1.5, 2, 3.7, 9, 18, 100, 1e4, 1e6]


@pytest.mark.parametrize("freedom", FREEDOMS)
@pytest.mark.parametrize("t", [0, 1e-6, 0.1, 0.5, 1, 1.7, 1.8, 3, 5, 10, 200])
def test_the_tail_and_what_is_below(t, freedom):
    assert students.student_tail(t, freedom) == pytest.approx(stats.t.sf(t, freedom), rel=1e-9, abs=1e-300)
    assert students.student_tail(-t, freedom) == pytest.approx(stats.t.cdf(t, freedom), rel=1e-9)


@pytest.mark.parametrize("freedom", FREEDOMS)
@pytest.mark.parametrize("p", [0.95, 0.5, 0.4999, 0.3, 0.05, 0.00625, 1e-4, 1e-8, 1e-12])
def test_the_quantile(p, freedom):
    assert students.student_beyond(p, freedom) == pytest.approx(stats.t.isf(p, freedom), rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("p", [0.9999, 0.5, 0.05, 1e-6, 1e-12, 1e-100])
def test_the_normal_quantile(p):
    assert students.normal_beyond(p) == pytest.approx(stats.norm.isf(p), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("z", [-1e4, -50, -30.01, -29.99, -5, 0, 3])
def test_the_logarithm_of_a_probability_that_a_float_cannot_hold(z):
    assert students.log_scaled_below(z) - z * z / 2 == pytest.approx(stats.norm.logcdf(z), rel=1e-10)
