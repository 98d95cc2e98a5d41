using Mmm.Shared.Settings.Hocon;
using Xunit;

namespace Mmm.Shared.Tests.Settings.Hocon;

public sealed class HoconUnitsTests
{
    [Theory]
    [InlineData("ns nano nanos nanosecond nanoseconds", 1)]
    [InlineData("us micro micros microsecond microseconds", 1_000)]
    [InlineData("ms milli millis millisecond milliseconds", 1_000_000)]
    [InlineData("s second seconds", 1_000_000_000)]
    [InlineData("m minute minutes", 60_000_000_000)]
    [InlineData("h hour hours", 3_600_000_000_000)]
    [InlineData("d day days", 86_400_000_000_000)]
    public void Every_duration_unit(string units, long ticksOfHundred)
    {
        foreach (string unit in units.Split(' '))
        {
            Assert.True(HoconUnits.TryDuration($"100{unit}", null, out TimeSpan value), unit);
            Assert.Equal(ticksOfHundred, value.Ticks);
        }
    }

    [Theory]
    [InlineData(" 1.5  s ", 1500)]
    [InlineData("-2s", -2000)]
    [InlineData("1e3ms", 1000)]
    [InlineData("0", 0)]
    public void Durations_with_fraction_sign_and_spaces(string text, int milliseconds)
    {
        Assert.True(HoconUnits.TryDuration(text, null, out TimeSpan value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("5")]
    [InlineData("5 S")]
    [InlineData("5x")]
    [InlineData("5s5")]
    [InlineData("5 s s")]
    [InlineData("five s")]
    [InlineData("1e400s")]
    [InlineData("1e28d")]
    [InlineData("10675200d")]
    [InlineData("infinite")]
    public void What_is_no_duration(string text) => Assert.False(HoconUnits.TryDuration(text, null, out _));

    [Fact]
    public void A_bare_number_takes_the_default_unit_of_the_caller()
    {
        Assert.True(HoconUnits.TryDuration("250", "ms", out TimeSpan value));
        Assert.Equal(TimeSpan.FromMilliseconds(250), value);
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("7 bytes", 7)]
    [InlineData("1kB", 1000)]
    [InlineData("1 K", 1024)]
    [InlineData("1k", 1024)]
    [InlineData("1KiB", 1024)]
    [InlineData("2 MB", 2_000_000)]
    [InlineData("2M", 2_097_152)]
    [InlineData("1 gibibyte", 1_073_741_824)]
    [InlineData("1.5G", 1_610_612_736)]
    [InlineData("7E", 8_070_450_532_247_928_832)]
    public void Sizes(string text, long bytes)
    {
        Assert.True(HoconUnits.TrySize(text, out long value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("8E")]
    [InlineData("1Y")]
    [InlineData("-1")]
    [InlineData("1KB")]
    [InlineData("")]
    public void What_is_no_size(string text) => Assert.False(HoconUnits.TrySize(text, out _));
}
