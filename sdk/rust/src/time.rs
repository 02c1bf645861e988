//! RFC 3339 times. The form that is written is the canonical one: UTC, ending in Z, up to nine digits of the fraction,
//! trailing zeros removed.

/// An instant: seconds since 1970 and nanoseconds within the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    pub sec: i64,
    pub nsec: u32,
}

// The instants that four digits of a year can write.
const FIRST: Time = Time { sec: -62_167_219_200, nsec: 0 };
const LAST: Time = Time { sec: 253_402_300_799, nsec: 0 };

impl Time {
    /// Reads a time. It takes what RFC 3339 allows but leap seconds; digits of the fraction beyond the ninth are cut off.
    /// None for everything else, also for a year outside 0000 to 9999 once turned into UTC.
    pub fn parse(s: &str) -> Option<Time> {
        let b = s.as_bytes();
        if b.len() < 20 || b[4] != b'-' || b[7] != b'-' || b[10] | 0x20 != b't' || b[13] != b':' || b[16] != b':' {
            return None;
        }
        let year = two(b, 0)? * 100 + two(b, 2)?;
        let (month, day) = (two(b, 5)?, two(b, 8)?);
        let (hour, minute, second) = (two(b, 11)?, two(b, 14)?, two(b, 17)?);
        if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let (nsec, end) = fraction(b, 19);
        let sec = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - zone(&b[end..])?;
        Some(Time { sec, nsec }).filter(|t| t.sec >= FIRST.sec && t.sec <= LAST.sec)
    }

    /// The time so many microseconds after 1970.
    pub fn from_micros(n: i64) -> Time {
        Time { sec: n.div_euclid(1_000_000), nsec: n.rem_euclid(1_000_000) as u32 * 1000 }
    }

    /// Appends the time. One that four digits of a year cannot write becomes the nearest that they can.
    pub fn append(self, dst: &mut Vec<u8>) {
        let t = if self.sec < FIRST.sec {
            FIRST
        } else if self.sec > LAST.sec {
            LAST
        } else {
            self
        };
        let (day, sec) = (t.sec.div_euclid(86400), t.sec.rem_euclid(86400));
        let (year, month, day) = civil(day);
        let mut out = *b"0000-00-00T00:00:00";
        for (i, n) in
            [(0, year / 100), (2, year % 100), (5, month), (8, day), (11, sec / 3600), (14, sec / 60 % 60), (17, sec % 60)]
        {
            out[i] = b'0' + (n / 10) as u8;
            out[i + 1] = b'0' + (n % 10) as u8;
        }
        dst.extend_from_slice(&out);
        if t.nsec > 0 {
            dst.push(b'.');
        }
        let (mut nsec, mut scale) = (t.nsec % 1_000_000_000, 100_000_000);
        while nsec > 0 {
            dst.push(b'0' + (nsec / scale) as u8);
            nsec %= scale;
            scale /= 10;
        }
        dst.push(b'Z');
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = Vec::with_capacity(32);
        self.append(&mut out);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

/// two reads two digits.
#[inline(always)]
fn two(b: &[u8], i: usize) -> Option<i64> {
    let (x, y) = (b[i].wrapping_sub(b'0'), b[i + 1].wrapping_sub(b'0'));
    if x > 9 || y > 9 {
        return None;
    }
    Some((x * 10 + y) as i64)
}

/// fraction reads a dot and digits at i, if any, as nanoseconds, with the place behind them.
fn fraction(b: &[u8], mut i: usize) -> (u32, usize) {
    if b[i] != b'.' || !b.get(i + 1).map_or(false, u8::is_ascii_digit) {
        return (0, i);
    }
    let (mut nsec, mut scale) = (0, 100_000_000);
    i += 1;
    while i < b.len() && b[i].is_ascii_digit() {
        nsec += (b[i] - b'0') as u32 * scale;
        scale /= 10;
        i += 1;
    }
    (nsec, i)
}

/// zone reads Z or an offset, in seconds east of UTC.
fn zone(b: &[u8]) -> Option<i64> {
    match b {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let (hours, minutes) = (two(b, 1)?, two(b, 4)?);
            let offset = hours * 3600 + minutes * 60;
            (hours < 24 && minutes < 60).then(|| if *sign == b'-' { -offset } else { offset })
        }
        _ => None,
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// days counts from 1970-01-01. Years begin in March here, so that the leap day is the last one, and come in eras of 400,
/// which all have the same number of days.
fn days(mut year: i64, mut month: i64, day: i64) -> i64 {
    if month <= 2 {
        year -= 1;
        month += 12;
    }
    let (era, in_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * (month - 3) + 2) / 5 + day - 1;
    era * 146_097 + in_era * 365 + in_era / 4 - in_era / 100 + day_of_year - 719_468
}

/// civil is the reverse of days.
fn civil(n: i64) -> (i64, i64, i64) {
    let n = n + 719_468;
    let (era, in_era) = (n.div_euclid(146_097), n.rem_euclid(146_097));
    let y = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let day_of_year = in_era - (365 * y + y / 4 - y / 100);
    let m = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * m + 2) / 5 + 1;
    let late = m >= 10;
    (y + era * 400 + late as i64, if late { m - 9 } else { m + 3 }, day)
}
