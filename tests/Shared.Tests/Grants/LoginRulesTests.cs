using System.Collections.Immutable;
using Mmm.Shared.Grants;
using Xunit;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Shared.Tests.Grants;

public sealed class LoginRulesTests
{
    private static readonly ServerAccount s_monitor = Account("mmm_monitor", "%", "SLAVE MONITOR");

    [Fact]
    public void Logins_with_their_rights_are_found_good() =>
        Assert.Empty(Of("10.11.6-MariaDB", readOnly: true, false, s_monitor, Account("root", "localhost", "ALL PRIVILEGES"), Account("app", "%", "USAGE")));

    [Fact]
    public void A_login_that_is_not_there_and_one_that_lacks_a_right_are_errors_with_what_mends_them()
    {
        Assert.Equal(
            [new SetupFinding("db1", true, "logins", "has no login 'mmm_monitor': who needs it is refused here", "-- mmm grants --apply")], Of("10.11.6-MariaDB", true, false));
        Assert.Equal(
            [new SetupFinding("db1", true, "logins", "does not give 'mmm_monitor'@'10.0.%' what it needs: SLAVE MONITOR", "GRANT SLAVE MONITOR ON *.* TO 'mmm_monitor'@'10.0.%';")],
            Of("10.11.6-MariaDB", true, false, s_monitor, Account("mmm_monitor", "10.0.%", "USAGE")));
    }

    [Theory]
    [InlineData("10.11.6-MariaDB", true, false, "READ_ONLY ADMIN", "READ_ONLY ADMIN")]
    [InlineData("10.11.6-MariaDB", true, false, "ALL PRIVILEGES", "ALL PRIVILEGES")]
    [InlineData("10.11.6-MariaDB", true, false, "SUPER", null)]
    [InlineData("10.5.8-MariaDB", true, false, "SUPER", "SUPER")]
    [InlineData("11.8.9-MariaDB", false, false, "READ_ONLY ADMIN", "READ_ONLY ADMIN")]
    [InlineData("9.7.4", true, true, "CONNECTION_ADMIN", null)]
    [InlineData("9.7.4", true, false, "CONNECTION_ADMIN", "CONNECTION_ADMIN")]
    [InlineData("9.7.4", false, false, "SUPER", null)]
    public void An_applications_login_that_read_only_does_not_hold_is_named(string version, bool readOnly, bool superReadOnly, string right, string? by)
    {
        ServerAccount app = Account("app", "%", right, "SELECT");
        ImmutableArray<SetupFinding> found = Of(version, readOnly, superReadOnly, s_monitor with { Rights = ["SLAVE MONITOR"] }, app, app with { Host = "localhost" });
        if (by is null)
            Assert.Empty(found);
        else
            Assert.Equal(("read_only", false, $"lets 'app'@'%' write also while it is read-only ({by})"), (Assert.Single(found).Code, found[0].IsError, found[0].Sentence));
    }

    [Fact]
    public void A_name_is_quoted_as_SQL_wants_it() => Assert.Equal(@"'o''neill\\x'@'10.%'", Account(@"o'neill\x", "10.%").ToString());

    private static ImmutableArray<SetupFinding> Of(string version, bool readOnly, bool superReadOnly, params ImmutableArray<ServerAccount> accounts) =>
        LoginRules.Of("db1", new ServerLogins(version, readOnly, superReadOnly, accounts), [("mmm_monitor", "SLAVE MONITOR")]);

    private static ServerAccount Account(string user, string host, params string[] rights) => new(user, host, [.. rights]);
}
