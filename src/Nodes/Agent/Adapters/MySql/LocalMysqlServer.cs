using System.Collections.Immutable;
using System.Globalization;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;
using Mmm.Shared.Grants;
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
/// <param name="semiSync">Semi-sync is looked at.</param>
public sealed class LocalMysqlServer(
    MysqlEndpoint endpoint,
    MysqlLogin replication,
    IReadOnlySet<string> sparedUsers,
    TimeSpan statementTimeout,
    ChannelChoice channels,
    TimeProvider time,
    bool semiSync = false) : IMysqlServer, IAsyncDisposable
{
    /// <summary>INNODB_TRX is a picture that is up to 100 ms old.</summary>
    private static readonly TimeSpan s_secondLook = TimeSpan.FromMilliseconds(150);

    private static readonly TimeSpan s_recheck = TimeSpan.FromMilliseconds(20);

    /// <summary>ER_SPECIFIC_ACCESS_DENIED_ERROR.</summary>
    private const int MissingPrivilege = 1227;

    /// <summary>ER_KILL_DENIED_ERROR.</summary>
    private const int NotOwner = 1095;

    /// <summary>
    /// Stopping a thread of replication takes longer than other statements: one that waits for a source that has fallen silent is woken every 2 s (seen with MariaDB 10.11), and one that is just
    /// connecting to a source that has vanished is waited for until it gives up.
    /// </summary>
    private TimeSpan StoppingTimeout => 3 * statementTimeout;

    private readonly MysqlCalls _calls = new(endpoint, statementTimeout);

    /// <summary>Nothing listened at the last look: then the kernel is asked first, many times cheaper than a login that fails.</summary>
    private volatile bool _wasDown;

    private readonly SemiSyncMemory _semiSync = new(time);

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

    public Task<ApplyWait> WaitAppliedAsync(string channel, AgentProtocol.BinlogPosition position, TimeSpan timeout, CancellationToken cancel) => WaitAsync(
        session =>
        {
            MySqlCommand wait = session.Command(session.Dialect.WaitApplied(channel.Length == 0), timeout);
            wait.Parameters.AddWithValue("@file", position.File);
            wait.Parameters.AddWithValue("@position", position.Position);
            wait.Parameters.AddWithValue("@channel", channel);
            return wait;
        },
        timeout, cancel);

    public Task<ApplyWait> WaitGtidAsync(string gtid, TimeSpan timeout, CancellationToken cancel) => WaitAsync(
        session =>
        {
            MySqlCommand wait = session.Command(session.Dialect.WaitGtid, timeout);
            wait.Parameters.AddWithValue("@gtid", gtid);
            return wait;
        },
        timeout, cancel);

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
        "replication could not be stopped", StoppingTimeout,
        async (session, token) =>
        {
            try
            {
                await EndWaitingAppliersAsync(session, token);
                await using MySqlCommand stop = session.Command(session.Dialect.StopReplication(channel.Length == 0), StoppingTimeout);
                stop.Parameters.AddWithValue("@channel", channel);
                await stop.ExecuteNonQueryAsync(token);
            }
            catch (MySqlException e) when (session.Dialect.NoSuchChannel.Contains(e.Number))
            {
                // Nothing to stop.
            }
        },
        cancel);

    public Task DropChannelAsync(string channel, CancellationToken cancel) =>
        StopThreadAsync("the replication channel could not be removed", d => d.DropChannel(channel.Length == 0), channel, cancel);

    public Task StartReplicationAsync(string channel, StoppedThreads threads, CancellationToken cancel) => _calls.UseAsync(
        "replication could not be started", statementTimeout,
        async (session, token) =>
        {
            await using MySqlCommand start = session.Command(session.Dialect.StartReplication(channel.Length == 0, threads));
            start.Parameters.AddWithValue("@channel", channel);
            await start.ExecuteNonQueryAsync(token);
        },
        cancel);

    public async Task SetSemiSyncAsync(AgentStep step, CancellationToken cancel)
    {
        try
        {
            await _calls.UseAsync(
                "semi-sync could not be switched", statementTimeout,
                async (session, token) =>
                {
                    await using MySqlCommand set = session.Command(SemiSyncLook.Set(step));
                    await set.ExecuteNonQueryAsync(token);
                },
                cancel);
            _semiSync.Succeeded();
        }
        catch (MysqlServerException e)
        {
            _semiSync.Failed(e.Message);
            throw;
        }
    }

    public async Task<ServerSetup> SetupAsync(CancellationToken cancel)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var privileges = new SortedSet<string>(StringComparer.Ordinal);
        OpenTransaction? oldest = null;
        await _calls.UseAsync(
            "the set-up could not be read", statementTimeout,
            async (session, token) =>
            {
                await using MySqlCommand ask = session.Command(MysqlDialect.Setup);
                await using (MySqlDataReader reader = await ask.ExecuteReaderAsync(token))
                {
                    while (await reader.ReadAsync(token))
                        values[reader.GetString(0).ToLowerInvariant()] = reader.GetString(1);
                    await reader.NextResultAsync(token);
                    while (await reader.ReadAsync(token))
                        privileges.UnionWith(GrantLines.Global(reader.GetString(0)));
                }

                oldest = await OldestTransactionAsync(session, token);
            },
            cancel);
        return new ServerSetup([.. values.Select(v => new ServerVariable(v.Key, v.Value))], [.. privileges], oldest);
    }

    private static async Task<OpenTransaction?> OldestTransactionAsync(MysqlSession session, CancellationToken cancel)
    {
        try
        {
            await using MySqlCommand ask = session.Command(MysqlDialect.OldestTransaction);
            await using MySqlDataReader reader = await ask.ExecuteReaderAsync(cancel);
            return await reader.ReadAsync(cancel)
                ? new OpenTransaction(reader.GetString(0), Convert.ToInt64(reader.GetValue(1), CultureInfo.InvariantCulture), Convert.ToInt64(reader.GetValue(2), CultureInfo.InvariantCulture)) : null;
        }
        catch (MySqlException e) when (e.Number == MissingPrivilege)
        {
            // Without PROCESS; that it is missing is among what the set-up check finds.
            return null;
        }
    }

    public Task StopApplierAsync(string channel, CancellationToken cancel) =>
        StopThreadAsync("the applier could not be stopped", d => d.StopApplier(channel.Length == 0), channel, cancel);

    public async Task StopReceiverAsync(string channel, CancellationToken cancel)
    {
        await StopThreadAsync("the receiver could not be stopped", d => d.StopReceiver(channel.Length == 0), channel, cancel);
        _semiSync.ReceiverStopped();
    }

    private Task StopThreadAsync(string failure, Func<MysqlDialect, string> statement, string channel, CancellationToken cancel) => _calls.UseAsync(
        failure, StoppingTimeout,
        async (session, token) =>
        {
            await using MySqlCommand stop = session.Command(statement(session.Dialect), StoppingTimeout);
            stop.Parameters.AddWithValue("@channel", channel);
            await stop.ExecuteNonQueryAsync(token);
        },
        cancel);

    public Task StartApplierUntilAsync(string channel, AgentProtocol.BinlogPosition end, CancellationToken cancel) => _calls.UseAsync(
        $"the applier could not be started up to {end}", statementTimeout,
        async (session, token) =>
        {
            await using MySqlCommand start = session.Command(session.Dialect.StartApplierUntil(channel.Length == 0));
            start.Parameters.AddWithValue("@channel", channel);
            start.Parameters.AddWithValue("@file", end.File);
            start.Parameters.AddWithValue("@position", end.Position);
            await start.ExecuteNonQueryAsync(token);
        },
        cancel);

    public Task ChangeSourceAsync(AgentStep.Repoint repoint, CancellationToken cancel) => _calls.UseAsync(
        $"replication could not be pointed at {repoint.Source.Host}", statementTimeout,
        async (session, token) =>
        {
            try
            {
                ChannelOptions options = repoint.ToAgent ? session.Dialect.TowardsAgent(repoint.Options) : repoint.Options;
                string text = session.Dialect.ChangeSource(repoint.Channel.Length == 0, repoint.StartAt is null, options);
                if (repoint.Demote && session.Dialect.Demote is { } demote)
                    text = $"{demote}; {text}";
                await using MySqlCommand change = session.Command(text);
                Fill(change.Parameters, repoint, options);
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

    /// <summary>
    /// An applier that has waited for more of its transaction since the last look, 150 ms ago, would have the stop wait for it, and every later one behind that. Its part is rolled back; should
    /// the rest come, it is fetched anew from the beginning.
    /// </summary>
    private async Task EndWaitingAppliersAsync(MysqlSession session, CancellationToken cancel)
    {
        if (session.Dialect.WaitingApplierTransactions is not { } waiting)
            return;
        Dictionary<long, long> before = await ReadAsync();
        if (before.Count == 0)
            return;
        await Task.Delay(s_secondLook, time, cancel);
        Dictionary<long, long> now = await ReadAsync();
        long[] stuck = [.. now.Where(n => before.TryGetValue(n.Key, out long rows) && rows == n.Value).Select(n => n.Key)];
        foreach (long id in stuck)
        {
            try
            {
                await using MySqlCommand end = session.Command(session.Dialect.EndConnection(id));
                await end.ExecuteNonQueryAsync(cancel);
            }
            catch (MySqlException e) when (e.Number == NotOwner)
            {
                throw new MysqlServerException("replication could not be stopped: of the last transaction only a part was received, and agent_user needs SYSTEM_USER to have it rolled back at once (GRANT SYSTEM_USER ON *.* TO …)");
            }
        }

        // With one of them ended the others end by themselves. A stop in between would wait for the rest after all (seen on 9.7: now and then, on a busy machine).
        while (stuck.Length > 0 && await CountAsync() > 0)
            await Task.Delay(s_recheck, time, cancel);

        async Task<long> CountAsync()
        {
            await using MySqlCommand count = session.Command(session.Dialect.Appliers);
            return Convert.ToInt64(await count.ExecuteScalarAsync(cancel), CultureInfo.InvariantCulture);
        }

        async Task<Dictionary<long, long>> ReadAsync()
        {
            var found = new Dictionary<long, long>();
            await using MySqlCommand list = session.Command(waiting);
            await using MySqlDataReader reader = await list.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                found[Convert.ToInt64(reader.GetValue(0), CultureInfo.InvariantCulture)] = Convert.ToInt64(reader.GetValue(1), CultureInfo.InvariantCulture);
            return found;
        }
    }

    private async Task<ApplyWait> WaitAsync(Func<MysqlSession, MySqlCommand> command, TimeSpan timeout, CancellationToken cancel)
    {
        object? answer = null;
        try
        {
            await _calls.UseWaitingAsync(
                "waiting for the applier failed", timeout,
                async (session, token) =>
                {
                    await using MySqlCommand wait = command(session);
                    wait.Parameters.AddWithValue("@seconds", (int)Math.Ceiling(timeout.TotalSeconds));
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

    private void Fill(MySqlParameterCollection parameters, AgentStep.Repoint repoint, ChannelOptions options)
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

        for (int i = 0; i < options.All.Length; i++)
        {
            ChannelOption option = options.All[i];
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
        FoundSemiSync? foundSemiSync = null;
        try
        {
            await using MySqlCommand ask = session.Command(session.Dialect.Look + (semiSync ? MysqlDialect.LookAtSemiSync : ""));
            await using MySqlDataReader reader = await ask.ExecuteReaderAsync(cancel);
            look = await session.Dialect.ReadLookAsync(reader, cancel);
            if (semiSync)
                foundSemiSync = _semiSync.Found(await SemiSyncLook.ReadAsync(reader, cancel));
            await reader.DisposeAsync();
            if (look.ReadOnly && session.Dialect.ExactBinlogEnd is { } exact)
                look = look with { Binlog = await BinlogEndAsync(session, exact, cancel) };
        }
        catch
        {
            session.Abandon();
            throw;
        }

        _calls.Connections.Keep(session);
        FoundChannel? channel = await channels.ChooseAsync(look.Channels, cancel);
        return new FoundMysqld(
            AgentProtocol.MysqldState.Up, null, look.ReadOnly, channel, look.Binlog, look.Gtid, look.CanFollowByGtid, look.Version, look.PidFile, look.Files, look.History,
            foundSemiSync, look.DataFolder);
    }

    private static async Task<AgentProtocol.BinlogPosition?> BinlogEndAsync(MysqlSession session, string statement, CancellationToken cancel)
    {
        await using MySqlCommand ask = session.Command(statement);
        await using MySqlDataReader reader = await ask.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new AgentProtocol.BinlogPosition(reader.GetString(0), Convert.ToInt64(reader.GetValue(1), CultureInfo.InvariantCulture)) : null;
    }

    private static async Task ExpectReadOnlyAsync(MysqlSession session, bool wanted, CancellationToken cancel)
    {
        await using MySqlCommand ask = session.Command(session.Dialect.ReadOnlyNow);
        bool readOnly = MysqlDialect.IsOn(await ask.ExecuteScalarAsync(cancel));
        if (readOnly != wanted)
            throw new MysqlServerException($"mysqld took the statement, but read_only is still {(readOnly ? "on" : "off")}: something on the host switches it back, or the host's clock jumped");
    }
}
