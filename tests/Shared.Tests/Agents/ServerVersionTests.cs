using Mmm.Shared.Agents;
using Xunit;

namespace Mmm.Shared.Tests.Agents;

public sealed class ServerVersionTests
{
    [Theory]
    [InlineData("8.4.2", false, "8.4.2", "8.4")]
    [InlineData("8.0.35-27", false, "8.0.35", "8.0")]
    [InlineData("5.7.44-log", false, "5.7.44", "5.7")]
    [InlineData("10.11.6-MariaDB-1", true, "10.11.6", "10.11")]
    [InlineData("5.5.5-10.11.6-MariaDB-1", true, "10.11.6", "10.11")]
    [InlineData("11.8.9-mariadb", true, "11.8.9", "11.8")]
    [InlineData("unheard of", false, null, "0.0")]
    [InlineData(null, false, null, "0.0")]
    public void What_a_server_says_of_itself_is_read(string? text, bool mariaDb, string? number, string series)
    {
        var version = ServerVersion.Parse(text);
        Assert.Equal((mariaDb, number, series), (version.IsMariaDb, version.Number?.ToString(), version.Series.ToString()));
    }
}
