using System.Collections.Immutable;
using Mmm.Actors.Agents;
using Mmm.Agent.Adapters.MySql;
using Mmm.Shared.Agents;
using Xunit;

namespace Mmm.Agent.Tests;

/// <summary>The words of versions that no test runs on; 9.7 and MariaDB are tested on real servers.</summary>
public sealed class MySqlFamilyDialectTests
{
    private static readonly ChannelOptions s_options = new(
        [new ChannelOption("CONNECT_RETRY", "7", ChannelOptionKind.Number), new ChannelOption("SSL_CA", "/ca.pem", ChannelOptionKind.Text),
            new ChannelOption("IGNORE_SERVER_IDS", "98, 99", ChannelOptionKind.NumberList), new ChannelOption("GET_PUBLIC_KEY", "1", ChannelOptionKind.Number)]);

    [Theory]
    [InlineData("5.7.44-log", "SHOW MASTER STATUS; SHOW SLAVE STATUS", "STOP SLAVE", "START SLAVE SQL_THREAD FOR CHANNEL @channel", "SELECT MASTER_POS_WAIT(@file, @position, @seconds)")]
    [InlineData("8.0.21", "SHOW MASTER STATUS; SHOW SLAVE STATUS", "STOP SLAVE", "START SLAVE SQL_THREAD FOR CHANNEL @channel", "SELECT MASTER_POS_WAIT(@file, @position, @seconds)")]
    [InlineData("8.0.22-0ubuntu0.20.04.3", "SHOW MASTER STATUS; SHOW REPLICA STATUS", "STOP REPLICA", "START REPLICA SQL_THREAD FOR CHANNEL @channel", "SELECT MASTER_POS_WAIT(@file, @position, @seconds)")]
    [InlineData("8.0.26", "SHOW MASTER STATUS; SHOW REPLICA STATUS", "STOP REPLICA", "START REPLICA SQL_THREAD FOR CHANNEL @channel", "SELECT SOURCE_POS_WAIT(@file, @position, @seconds)")]
    [InlineData("8.4.6", "SHOW BINARY LOG STATUS; SHOW REPLICA STATUS", "STOP REPLICA", "START REPLICA SQL_THREAD FOR CHANNEL @channel", "SELECT SOURCE_POS_WAIT(@file, @position, @seconds)")]
    [InlineData("9.7.4-2", "SHOW BINARY LOG STATUS; SHOW REPLICA STATUS", "STOP REPLICA", "START REPLICA SQL_THREAD FOR CHANNEL @channel", "SELECT SOURCE_POS_WAIT(@file, @position, @seconds)")]
    public void Each_version_is_spoken_to_in_its_own_words(string version, string look, string stop, string start, string wait)
    {
        MysqlDialect dialect = MysqlDialect.For(version);

        Assert.EndsWith(look, dialect.Look, StringComparison.Ordinal);
        Assert.Equal(stop, dialect.StopReplication(defaultChannel: true));
        Assert.Equal(start, dialect.StartReplication(defaultChannel: false, new StoppedThreads(Io: false, Sql: true)));
        Assert.Equal(wait, dialect.WaitApplied(defaultChannel: true));
    }

    [Theory]
    [InlineData("8.0.22", "CHANGE MASTER TO MASTER_HOST=@host, MASTER_PORT=@port, MASTER_USER=@user, MASTER_PASSWORD=@password, MASTER_CONNECT_RETRY=@option0, MASTER_SSL_CA=@option1, IGNORE_SERVER_IDS=(98,99), GET_MASTER_PUBLIC_KEY=@option3, MASTER_AUTO_POSITION=1")]
    [InlineData("8.0.23", "CHANGE REPLICATION SOURCE TO SOURCE_HOST=@host, SOURCE_PORT=@port, SOURCE_USER=@user, SOURCE_PASSWORD=@password, SOURCE_CONNECT_RETRY=@option0, SOURCE_SSL_CA=@option1, IGNORE_SERVER_IDS=(98,99), GET_SOURCE_PUBLIC_KEY=@option3, SOURCE_AUTO_POSITION=1")]
    public void A_repoint_passes_the_channels_options_on(string version, string text) =>
        Assert.Equal(text, MysqlDialect.For(version).ChangeSource(defaultChannel: true, byGtid: true, s_options));

    [Theory]
    [InlineData("5.7.44", "CHANGE MASTER TO MASTER_HOST=@host, MASTER_PORT=@port, MASTER_USER=@user, MASTER_PASSWORD=@password, MASTER_AUTO_POSITION=0, MASTER_LOG_FILE=@file, MASTER_LOG_POS=@position FOR CHANNEL @channel")]
    [InlineData("8.0.4", "CHANGE MASTER TO MASTER_HOST=@host, MASTER_PORT=@port, MASTER_USER=@user, MASTER_PASSWORD=@password, GET_MASTER_PUBLIC_KEY=1, MASTER_AUTO_POSITION=0, MASTER_LOG_FILE=@file, MASTER_LOG_POS=@position FOR CHANNEL @channel")]
    [InlineData("9.7.4", "CHANGE REPLICATION SOURCE TO SOURCE_HOST=@host, SOURCE_PORT=@port, SOURCE_USER=@user, SOURCE_PASSWORD=@password, GET_SOURCE_PUBLIC_KEY=1, SOURCE_AUTO_POSITION=0, SOURCE_LOG_FILE=@file, SOURCE_LOG_POS=@position FOR CHANNEL @channel")]
    public void A_new_channel_can_log_in_without_TLS_where_there_are_logins_that_need_a_key_for_that(string version, string text) =>
        Assert.Equal(text, MysqlDialect.For(version).ChangeSource(defaultChannel: false, byGtid: false, ChannelOptions.None));

    [Fact]
    public void A_channel_towards_an_agent_keeps_TLS_and_checks_no_certificate()
    {
        ChannelOptions towards = MysqlDialect.For("9.7.4").TowardsAgent(new ChannelOptions(
            [new ChannelOption("SSL_CA", "/ca.pem", ChannelOptionKind.Text), new ChannelOption("SSL", "1", ChannelOptionKind.Number), new ChannelOption("SSL_VERIFY_SERVER_CERT", "1", ChannelOptionKind.Number)]));

        Assert.Equal(["SSL_CA=", "SSL=1", "SSL_VERIFY_SERVER_CERT=0"], towards.All.Select(o => $"{o.Name}={o.Value}"));
    }

    [Theory]
    [InlineData("5.6.51")]
    [InlineData("something else")]
    public void What_it_cannot_handle_it_says(string version)
    {
        MysqlServerException refused = Assert.Throws<MysqlServerException>(() => MysqlDialect.For(version));
        Assert.Contains($"version {version}, which this agent cannot handle: it handles MySQL from 5.7 on and MariaDB 10.5 to 12", refused.Message, StringComparison.Ordinal);
    }
}
