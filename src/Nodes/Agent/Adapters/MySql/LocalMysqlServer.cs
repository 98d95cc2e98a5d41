using System.Collections.Immutable;
using System.Globalization;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using MySqlConnector;

namespace Mmm.Agent.Adapters.MySql;

/// <summary>The local mysqld over MySqlConnector.</summary>
/// <param name="endpoint">Where it listens.</param>
/// <param name="replication">Login of replication channels.</param>
/// <param name="sparedUsers">Logins whose connections are never ended.</param>
/// <param name="statementTimeout">Deadline of one statement.</param>
/// <param name="channels">Which channel is MMM's.</param>
/// <param name="time">Clock of the writable statement's expiry.</param>
public sealed class LocalMysqlServer(
    MysqlEndpoint endpoint,
    MysqlLogin replication,
    IReadOnlySet<string> sparedUsers,
    TimeSpan statementTimeout,
    ChannelChoice channels,
    TimeProvider time) : IMysqlServer, IAsyncDisposable
{
    private readonly MysqlCalls _calls = new(endpoint, statementTimeout);

    /// <summary>Nothing listened at the last look: then the kernel is asked first, many times cheaper than a login that fails.</summary>
    private volatile bool _wasDown;

    public IReadOnlySet<string> SparedUsers => sparedUsers;

    public async Task<FoundMysqld> LookAsync(CancellationToken cancel)
    {
        try
        {
            return await _calls.WithinAsync(statementTimeout, LookOnceAsync, cancel);
        }
        catch (MysqlDeadlineException e)
        {
            return new FoundMysqld(AgentProtocol.MysqldState.NotAnswering, e.Message);
        }
        catch (MysqlServerException e)
        {
            return new FoundMysqld(AgentProtocol.MysqldState.Unknown, e.Message);
        }
    }

    public Task SetReadOnlyAsync(TimeSpan deadline, CancellationToken cancel) => _calls.UseWaitingAsync(
        "read_only could not be set", deadline,
        async (session, token) =>
        {
            await using MySqlCommand set = session.Command(session.Dialect.SetReadOnly((int)Math.Ceiling(deadline.TotalSeconds)), deadline);
            await set.ExecuteNonQueryAsync(token);
            await ExpectReadOnlyAsync(session, wanted: true, token);
        },
        cancel);

    public async Task SetWritableAsync(CancellationToken cancel)
    {
        // A given-up "read_only on" that is still waiting would take effect after this.
        await _calls.NothingLeftBehindAsync(cancel);
        await _calls.UseWaitingAsync(
            "read_only could not be switched off", statementTimeout,
            async (session, token) =>
            {
                await using MySqlCommand set = session.Command(session.Dialect.SetWritable);
                set.Parameters.AddWithValue("@expires", (time.GetUtcNow() + statementTimeout).ToUnixTimeMilliseconds() / 1000m);
                await set.ExecuteNonQueryAsync(token);
                await ExpectReadOnlyAsync(session, wanted: false, token);
            },
            cancel);
    }

    public async Task<ImmutableArray<ClientThread>> ThreadsAsync(CancellationToken cancel)
    {
        var found = ImmutableArray.CreateBuilder<ClientThread>();
        await _calls.UseAsync(
            "the process list could not be read", statementTimeout,
            async (session, token) =>
            {
                await using MySqlCommand list = session.Command(session.Dialect.Threads);
                await using MySqlDataReader reader = await list.ExecuteReaderAsync(token);
                while (await reader.ReadAsync(token))
                {
                    found.Add(new ClientThread(
                        Convert.ToInt64(reader.GetValue(0), CultureInfo.InvariantCulture), reader.GetString(1), reader.GetString(2), reader.GetString(3),
                        Convert.ToInt64(reader.GetValue(4), CultureInfo.InvariantCulture)));
                }
            },
            cancel);
        return found.ToImmutable();
    }

    public Task EndConnectionsAsync(ImmutableArray<long> ids, CancellationToken cancel) => _calls.EndConnectionsAsync(ids, cancel);

    public async Task<ApplyWait> WaitAppliedAsync(string channel, AgentProtocol.BinlogPosition position, TimeSpan timeout, CancellationToken cancel)
    {
        object? answer = null;
        try
        {
            await _calls.UseWaitingAsync(
                "waiting for the applier failed", timeout,
                async (session, token) =>
                {
                    await using MySqlCommand wait = session.Command(session.Dialect.WaitApplied(channel.Length == 0), timeout);
                    wait.Parameters.AddWithValue("@file", position.File);
                    wait.Parameters.AddWithValue("@position", position.Position);
                    wait.Parameters.AddWithValue("@seconds", (int)Math.Ceiling(timeout.TotalSeconds));
                    wait.Parameters.AddWithValue("@channel", channel);
                    answer = await wait.ExecuteScalarAsync(token);
                },
                cancel);
        }
        catch (MysqlDeadlineException)
        {
            return ApplyWait.TimedOut;
        }

        // NULL: the applier stopped or does not run. Negative: the server's own timeout.
        if (answer is null or DBNull)
            return ApplyWait.ApplierStopped;
        return Convert.ToInt64(answer, CultureInfo.InvariantCulture) < 0 ? ApplyWait.TimedOut : ApplyWait.Reached;
    }

    public async Task<bool> ApplierIdleAsync(CancellationToken cancel)
    {
        bool idle = false;
        await _calls.UseAsync(
            "the applier's threads could not be looked at", statementTimeout,
            async (session, token) =>
            {
                await using MySqlCommand count = session.Command(session.Dialect.BusyAppliers);
                idle = Convert.ToInt64(await count.ExecuteScalarAsync(token), CultureInfo.InvariantCulture) == 0;
            },
            cancel);
        return idle;
    }

    public Task StopReplicationAsync(string channel, CancellationToken cancel) => _calls.UseAsync(
        // A thread that waits for a source that has fallen silent is woken every 2 s (seen with MariaDB 10.11): longer than other statements take.
        "replication could not be stopped", 3 * statementTimeout,
        async (session, token) =>
        {
            try
            {
                await using MySqlCommand stop = session.Command(session.Dialect.StopReplication(channel.Length == 0));
                stop.Parameters.AddWithValue("@channel", channel);
                await stop.ExecuteNonQueryAsync(token);
            }
            catch (MySqlException e) when (session.Dialect.NoSuchChannel.Contains(e.Number))
            {
                // Nothing to stop.
            }
        },
        cancel);

    public Task StartReplicationAsync(string channel, StoppedThreads threads, CancellationToken cancel) => _calls.UseAsync(
        "replication could not be started", statementTimeout,
        async (session, token) =>
        {
            await using MySqlCommand start = session.Command(session.Dialect.StartReplication(channel.Length == 0, threads));
            start.Parameters.AddWithValue("@channel", channel);
            await start.ExecuteNonQueryAsync(token);
        },
        cancel);

    public Task ChangeSourceAsync(AgentStep.Repoint repoint, CancellationToken cancel) => _calls.UseAsync(
        $"replication could not be pointed at {repoint.Source.Host}", statementTimeout,
        async (session, token) =>
        {
            try
            {
                string text = session.Dialect.ChangeSource(repoint.Channel.Length == 0, repoint.StartAt is null, repoint.Options);
                await using MySqlCommand change = session.Command(text);
                Fill(change.Parameters, repoint);
                await change.ExecuteNonQueryAsync(token);
            }
            catch (MySqlException e)
            {
                // A syntax error quotes the statement; the password must not travel any further.
                string said = e.Message.Replace(replication.Password.Reveal(), "***", StringComparison.Ordinal);
                throw new MysqlServerException($"replication could not be pointed at {repoint.Source.Host}: mysqld says {e.Number}: {said}");
            }
        },
        cancel);

    public ValueTask DisposeAsync() => _calls.DisposeAsync();

    private void Fill(MySqlParameterCollection parameters, AgentStep.Repoint repoint)
    {
        parameters.AddWithValue("@channel", repoint.Channel);
        parameters.AddWithValue("@host", repoint.Source.Ip);
        parameters.AddWithValue("@port", repoint.Source.Port);
        parameters.AddWithValue("@user", replication.User);
        parameters.AddWithValue("@password", replication.Password.Reveal());
        if (repoint.StartAt is { } at)
        {
            parameters.AddWithValue("@file", at.File);
            parameters.AddWithValue("@position", at.Position);
        }

        for (int i = 0; i < repoint.Options.All.Length; i++)
        {
            ChannelOption option = repoint.Options.All[i];
            object value = option.Kind == ChannelOptionKind.Number ? decimal.Parse(option.Value, NumberStyles.Number, CultureInfo.InvariantCulture) : option.Value;
            parameters.AddWithValue(MysqlDialect.OptionParameter(i), value);
        }
    }

    private async Task<FoundMysqld> LookOnceAsync(CancellationToken cancel)
    {
        FoundMysqld found;
        try
        {
            found = _wasDown && await MysqlErrors.IsRefusedAsync(endpoint, cancel) ? MysqlErrors.Down(endpoint) : await AskTwiceAsync(cancel);
        }
        catch (Exception e) when (MysqlErrors.Is(e) && !cancel.IsCancellationRequested)
        {
            found = await MysqlErrors.JudgeAsync(e, endpoint, cancel);
        }

        _wasDown = found.State == AgentProtocol.MysqldState.Down;
        return found;
    }

    private async Task<FoundMysqld> AskTwiceAsync(CancellationToken cancel)
    {
        MysqlSession session = await _calls.Connections.TakeAsync(cancel);
        try
        {
            return await AskAsync(session, cancel);
        }
        catch (Exception e) when (MysqlErrors.Is(e) && MysqlErrors.IsBroken(e) && !cancel.IsCancellationRequested)
        {
            // An idle connection may have been ended, or be of a server that has been restarted since.
            return await AskAsync(await _calls.Connections.OpenAsync(cancel), cancel);
        }
    }

    private async Task<FoundMysqld> AskAsync(MysqlSession session, CancellationToken cancel)
    {
        ServerLook look;
        try
        {
            await using MySqlCommand ask = session.Command(session.Dialect.Look);
            await using MySqlDataReader reader = await ask.ExecuteReaderAsync(cancel);
            look = await session.Dialect.ReadLookAsync(reader, cancel);
        }
        catch
        {
            session.Abandon();
            throw;
        }

        _calls.Connections.Keep(session);
        FoundChannel? channel = await channels.ChooseAsync(look.Channels, cancel);
        return new FoundMysqld(
            AgentProtocol.MysqldState.Up, null, look.ReadOnly, channel, look.Binlog, look.Gtid, look.CanFollowByGtid, look.Version, look.PidFile);
    }

    private static async Task ExpectReadOnlyAsync(MysqlSession session, bool wanted, CancellationToken cancel)
    {
        await using MySqlCommand ask = session.Command(session.Dialect.ReadOnlyNow);
        bool readOnly = MysqlDialect.IsOn(await ask.ExecuteScalarAsync(cancel));
        if (readOnly != wanted)
            throw new MysqlServerException($"mysqld took the statement, but read_only is still {(readOnly ? "on" : "off")}: something on the host switches it back, or the host's clock jumped");
    }
}
