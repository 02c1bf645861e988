/* Times, as package sdk/rfc3339 reads and writes them: any RFC 3339 time in, UTC out, up to nine digits of the fraction
 * without trailing zeros. */

static int time_two(const char *s)
{
    unsigned a = (unsigned char)s[0] - '0', b = (unsigned char)s[1] - '0';
    return a > 9 || b > 9 ? -1 : (int)(a * 10 + b);
}

/* Days since 1970-01-01. Years begin in March, so that the leap day is the last. */
static int64_t time_days(int year, int month, int day)
{
    int64_t era;
    int in_era;
    if (month <= 2) {
        year--;
        month += 12;
    }
    era = year < 0 ? -1 : year / 400;
    in_era = year - (int)era * 400;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
}

static void time_civil(int64_t n, int *year, int *month, int *day)
{
    int64_t era;
    int in_era, y, of_year, m;
    n += 719468;
    era = n < 0 ? -1 : n / 146097;
    in_era = (int)(n - era * 146097);
    y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    of_year = in_era - (365 * y + y / 4 - y / 100);
    m = (5 * of_year + 2) / 153;
    *day = of_year - (153 * m + 2) / 5 + 1;
    *year = y + (int)era * 400;
    *month = m + 3;
    if (*month > 12) {
        *month -= 12;
        (*year)++;
    }
}

static int time_days_in(int year, int month)
{
    static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* Z or an offset, in seconds east of UTC; 0 on success. */
static int time_zone(const char *s, size_t n, int *offset)
{
    int hours, minutes;
    *offset = 0;
    if (n == 1)
        return (s[0] | 0x20) == 'z' ? 0 : -1;
    if (n != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':')
        return -1;
    hours = time_two(s + 1);
    minutes = time_two(s + 4);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return -1;
    *offset = (hours * 60 + minutes) * (s[0] == '-' ? -60 : 60);
    return 0;
}

/* Writes an instant to out, which has room for 32 bytes, and gives the length; 0 outside the years 0000 to 9999. */
static int time_write(char *out, int64_t sec, uint32_t nsec)
{
    int64_t days = sec / 86400;
    int rest = (int)(sec % 86400), year, month, day, n;
    if (sec < -62167219200LL || sec > 253402300799LL)
        return 0;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    time_civil(days, &year, &month, &day);
    n = snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, rest / 3600, rest / 60 % 60, rest % 60);
    if (nsec > 0) {
        n += snprintf(out + n, 32 - n, ".%09u", nsec);
        while (out[n - 1] == '0')
            n--;
    }
    out[n++] = 'Z';
    return n;
}

/* Reads a time and writes it in canonical form; 0 when it is none. */
static int time_normalise(char *out, const char *s, size_t n)
{
    int century, year, month, day, hour, minute, second, offset;
    uint32_t nsec = 0, scale = 100000000;
    size_t i = 19;

    if (n < 20 || s[4] != '-' || s[7] != '-' || (s[10] | 0x20) != 't' || s[13] != ':' || s[16] != ':')
        return 0;
    century = time_two(s), year = time_two(s + 2), month = time_two(s + 5), day = time_two(s + 8);
    hour = time_two(s + 11), minute = time_two(s + 14), second = time_two(s + 17);
    if (century < 0 || year < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59)
        return 0;
    year += century * 100;
    if (day > time_days_in(year, month))
        return 0;
    if (s[i] == '.' && i + 1 < n && (unsigned char)s[i + 1] - '0' <= 9u) {
        for (i++; i < n && (unsigned)((unsigned char)s[i] - '0') <= 9; i++) {
            nsec += (s[i] - '0') * scale;
            scale /= 10;
        }
    }
    if (time_zone(s + i, n - i, &offset))
        return 0;
    return time_write(out, time_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset, nsec);
}
