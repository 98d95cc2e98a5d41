using System.Globalization;
using MySqlConnector;

namespace Mmm.Lab.Servers;

/// <summary>SQL on one of the lab's servers, as root through its unix socket: what the lab and its tests look at and break things with.</summary>
public sealed class LabServer(ServerProduct product, LabPaths paths, LabSecrets secrets, LabHost host)
{
    public LabHost Host => host;

    /// <summary>Its words.</summary>
    public ServerProduct Product => product;

    /// <summary>First column of the first row; null when there is none.</summary>
    public async Task<string?> ScalarAsync(string sql, CancellationToken ct = default)
    {
        IReadOnlyList<IReadOnlyDictionary<string, string?>> rows = await QueryAsync(sql, ct);
        return rows.Count == 0 ? null : rows[0].Values.FirstOrDefault();
    }

    public async Task ExecuteAsync(string sql, CancellationToken ct = default)
    {
        await using MySqlConnection connection = await OpenRootAsync(ct);
        await using MySqlCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Rows by column name; every value as text.</summary>
    public async Task<IReadOnlyList<IReadOnlyDictionary<string, string?>>> QueryAsync(string sql, CancellationToken ct = default)
    {
        await using MySqlConnection connection = await OpenRootAsync(ct);
        await using MySqlCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await using MySqlDataReader reader = await command.ExecuteReaderAsync(ct);
        List<IReadOnlyDictionary<string, string?>> rows = [];
        while (await reader.ReadAsync(ct))
        {
            Dictionary<string, string?> row = new(StringComparer.OrdinalIgnoreCase);
            for (int i = 0; i < reader.FieldCount; i++)
                row[reader.GetName(i)] = reader.IsDBNull(i) ? null : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture);
            rows.Add(row);
        }

        return rows;
    }

    public async Task<bool> IsReadOnlyAsync(CancellationToken ct = default) => await ScalarAsync("SELECT @@global.read_only", ct) != "0";

    /// <summary>True when it answers a query now.</summary>
    public async Task<bool> AnswersAsync(CancellationToken ct = default)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            return await ScalarAsync("SELECT 1", deadline.Token) == "1";
        }
        catch (Exception e) when (e is MySqlException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>Its replication; null when none is configured.</summary>
    public async Task<ReplicaStatus?> ReplicaAsync(CancellationToken ct = default)
    {
        IReadOnlyList<IReadOnlyDictionary<string, string?>> rows = await QueryAsync(product.ReplicaStatus, ct);
        return rows.Count == 0 ? null : product.Read(rows[0]);
    }

    /// <summary>True while its commits wait for a replica: semi-sync, which begins with a commit after the replica has connected, and goes off by itself.</summary>
    public async Task<bool> WaitsForReplicaAsync(CancellationToken ct = default) =>
        (await QueryAsync($"SHOW STATUS LIKE '{product.SemiSyncStatus}'", ct))[0]["Value"] == "ON";

    /// <summary>As an application: without any privilege that passes read_only.</summary>
    public Task<MySqlConnection> OpenApplicationAsync(CancellationToken ct = default) => OpenAsync(LabSecrets.AppUser, secrets.App, ct);

    /// <summary>A connection to keep, where a later one might not be let in.</summary>
    public Task<MySqlConnection> OpenRootAsync(CancellationToken ct = default) => OpenAsync("root", secrets.Root, ct);

    private async Task<MySqlConnection> OpenAsync(string user, string password, CancellationToken ct)
    {
        MySqlConnectionStringBuilder builder = new()
        {
            Server = paths.MysqlSocket(host.Name),
            ConnectionProtocol = MySqlConnectionProtocol.UnixSocket,
            UserID = user,
            Password = password,
            Pooling = false,
            ConnectionTimeout = 5,
            DefaultCommandTimeout = 60,
            AllowUserVariables = true,
        };
        MySqlConnection connection = new(builder.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
