using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using Mmm.Actors.Probing;
using Mmm.Shared.Settings;
using MySqlConnector;
using static Mmm.Shared.Messages.AgentProtocol;
using Host = Mmm.Shared.Topology.Host;

namespace Mmm.Monitor.Adapters;

/// <summary>Looks at MySQL and MariaDB servers with MySqlConnector.</summary>
public sealed class MysqlSights : IMysqlSights
{
    public IMysqlSight Watch(Host host, MysqlLogin login) => new MysqlSight(new MysqlSession(host, login));

    public IReplicationSight WatchReplication(Host host, MysqlLogin login) => new ReplicationSight(new MysqlSession(host, login), login);

    public ISourceSight WatchSource(Host host, MysqlLogin login) => new SourceSight(new MysqlSession(host, login), login);

    private sealed class MysqlSight(MysqlSession session) : IMysqlSight
    {
        public async Task<CheckReading> LookAsync(TimeSpan timeout, CancellationToken stop)
        {
            (_, CheckReading? problem) = await session.UseAsync(
                static async connection =>
                {
                    await using MySqlCommand command = new(ReplicaStatusDialect.AnyTrivial, connection);
                    return await command.ExecuteScalarAsync().ConfigureAwait(false);
                },
                timeout, stop).ConfigureAwait(false);
            return problem ?? (session.Remark is { } remark ? CheckReading.Fine with { Message = remark } : CheckReading.Fine);
        }

        public ValueTask DisposeAsync() => session.DisposeAsync();
    }

    private sealed class SourceSight(MysqlSession session, MysqlLogin login) : ISourceSight
    {
        public async Task<SourceReading> LookAsync(TimeSpan timeout, CancellationToken stop)
        {
            (SourceReading? reading, CheckReading? problem) = await session.UseAsync(ReadAsync, timeout, stop).ConfigureAwait(false);
            return problem is null ? reading! : new SourceReading(problem.Message, null);
        }

        public ValueTask DisposeAsync() => session.DisposeAsync();

        private async Task<SourceReading> ReadAsync(MySqlConnection connection)
        {
            var dialect = ReplicaStatusDialect.Of(connection);
            try
            {
                await using MySqlCommand command = new(dialect.BinlogEnd, connection);
                await using MySqlDataReader row = await command.ExecuteReaderAsync().ConfigureAwait(false);
                (string? file, string? position) = (null, null);
                while (await row.ReadAsync().ConfigureAwait(false))
                {
                    string name = row.GetString(0);
                    string value = Convert.ToString(row.GetValue(1), CultureInfo.InvariantCulture) ?? "";
                    (file, position) = name.ToUpperInvariant() switch
                    {
                        "BINLOG_SNAPSHOT_FILE" => (value, position),
                        "BINLOG_SNAPSHOT_POSITION" => (file, value),
                        _ => (name, value),
                    };
                }

                return file is { Length: > 0 } && position is not null
                    ? new SourceReading(null, new BinlogPosition(file, long.Parse(position, CultureInfo.InvariantCulture)))
                    : new SourceReading("it writes no binary log", null);
            }
            catch (MySqlException e) when (MysqlErrors.IsMissingPrivilege(e))
            {
                return new SourceReading($"user '{login.User}' lacks the privilege {dialect.BinlogPrivilege}: GRANT {dialect.BinlogPrivilege} ON *.* TO it", null);
            }
        }
    }

    private sealed class ReplicationSight(MysqlSession session, MysqlLogin login) : IReplicationSight
    {
        public async Task<ReplicationReading> LookAsync(TimeSpan timeout, CancellationToken stop)
        {
            (ReplicationReading? reading, CheckReading? problem) = await session.UseAsync(ReadAsync, timeout, stop).ConfigureAwait(false);
            return problem is null ? reading! : ReplicationReading.NotRead(problem.Message);
        }

        public ValueTask DisposeAsync() => session.DisposeAsync();

        private async Task<ReplicationReading> ReadAsync(MySqlConnection connection)
        {
            var dialect = ReplicaStatusDialect.Of(connection);
            ImmutableArray<ReplicationChannel> channels;
            try
            {
                channels = await ReadChannelsAsync(connection, dialect).ConfigureAwait(false);
            }
            catch (MySqlException e) when (MysqlErrors.IsMissingPrivilege(e))
            {
                return ReplicationReading.NotRead(
                    $"User '{login.User}' lacks the privilege {dialect.Privilege}, without which replication cannot be watched: GRANT {dialect.Privilege} ON *.* TO it");
            }

            await using MySqlCommand command = new(dialect.Position, connection);
            await using MySqlDataReader row = await command.ExecuteReaderAsync().ConfigureAwait(false);
            if (!await row.ReadAsync().ConfigureAwait(false))
                return new ReplicationReading(null, channels, null, null);

            // Not a plain bool: MariaDB 12 has words here (NO_LOCK_NO_ADMIN), and each of them but OFF is read-only.
            string readOnly = Text(row, 0) ?? "";
            return new ReplicationReading(null, channels, readOnly is not ("0" or "OFF" or "False"), Text(row, 1) is { Length: > 0 } gtid ? gtid : null);
        }

        private static async Task<ImmutableArray<ReplicationChannel>> ReadChannelsAsync(MySqlConnection connection, ReplicaStatusDialect dialect)
        {
            await using MySqlCommand command = new(dialect.ReplicaStatus, connection);
            await using MySqlDataReader reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
            HashSet<string> columns = [.. (await reader.GetColumnSchemaAsync().ConfigureAwait(false)).Select(c => c.ColumnName)];
            ImmutableArray<ReplicationChannel>.Builder channels = ImmutableArray.CreateBuilder<ReplicationChannel>();
            while (await reader.ReadAsync().ConfigureAwait(false))
            {
                string? Column(string name) => columns.Contains(name) ? Text(reader, reader.GetOrdinal(name)) : null;
                string? behind = Column(dialect.SecondsBehind);
                BinlogPosition? executed = Column(dialect.ExecutedFile) is { Length: > 0 } file && long.TryParse(Column(dialect.ExecutedPosition), CultureInfo.InvariantCulture, out long position)
                    ? new BinlogPosition(file, position)
                    : null;
                channels.Add(new ReplicationChannel(
                    dialect.ChannelName is null ? "" : Column(dialect.ChannelName) ?? "",
                    Column(dialect.SourceHost) ?? "",
                    Column(dialect.IoRunning) ?? "",
                    Column(dialect.SqlRunning) ?? "",
                    behind is null ? null : long.Parse(behind, CultureInfo.InvariantCulture),
                    Column("Last_IO_Error") is { Length: > 0 } io ? io : Column("Last_SQL_Error") is { Length: > 0 } sql ? sql : null,
                    executed));
            }

            return channels.ToImmutable();
        }

        private static string? Text(DbDataReader row, int column) =>
            row.IsDBNull(column) ? null : Convert.ToString(row.GetValue(column), CultureInfo.InvariantCulture);
    }
}
