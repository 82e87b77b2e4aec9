# Rows that are compared read the same wherever they are read.
check_same="SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET timezone = 'UTC'; SET extra_float_digits = 3;
SET bytea_output = 'hex'; SET xmloption = 'content'; SET lc_monetary = 'C'; SET row_security = off; SET jit = off;"
