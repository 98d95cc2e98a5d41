using System.Collections.Immutable;
using System.Globalization;
using Mmm.Shared.Grants;
using Mmm.Shared.Topology;
using MySqlConnector;

namespace Mmm.Control.Admin;

/// <summary>A connection to a database server with an administrator's login.</summary>
internal sealed class AdminServer : IAsyncDisposable
{
    private readonly MySqlConnection _connection;

    private AdminServer(string name, MySqlConnection connection) => (Name, _connection) = (name, connection);

    /// <summary>For people: host and address.</summary>
    public string Name { get; }

    public string Version { get; private set; } = "";

    public bool ReadOnly { get; private set; }

    private bool SuperReadOnly { get; set; }

    /// <param name="host">Where it is.</param>
    /// <param name="login">As whom.</param>
    /// <param name="timeout">Deadline of the connection and of each statement.</param>
    /// <param name="cancel">Ctrl-C.</param>
    /// <exception cref="CliFailure">It does not let us in.</exception>
    public static async Task<AdminServer> OpenAsync(Host host, AdminLogin login, TimeSpan timeout, CancellationToken cancel)
    {
        string name = login.Socket is null ? $"{host.Name} ({host.Ip}:{host.MysqlPort})" : $"{host.Name} ({login.Socket})";
        var connection = new MySqlConnection(ConnectionString(host, login.Socket, login.User, login.Password, timeout));
        var server = new AdminServer(name, connection);
        try
        {
            await connection.OpenAsync(cancel);
            // Names and passwords are quoted as the standard has it.
            await server.ExecuteAsync("SET SESSION sql_mode = ''", cancel);
            server.Version = (await server.ColumnAsync("SELECT @@version", cancel))[0];
            server.ReadOnly = (await server.ColumnAsync("SELECT CAST(@@global.read_only AS CHAR)", cancel))[0] is not ("0" or "OFF");
            server.SuperReadOnly = (await server.ColumnAsync("SHOW GLOBAL VARIABLES LIKE 'super_read_only'", cancel, 1)) is ["ON"];
            return server;
        }
        catch (MySqlException e)
        {
            await connection.DisposeAsync();
            throw Failure(name, login.ToString(), e);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether a login with a password is let in; null = it is, else why not.</summary>
    public static async Task<MySqlException?> RefusalAsync(Host host, string? socket, string user, string password, TimeSpan timeout, CancellationToken cancel)
    {
        await using var connection = new MySqlConnection(ConnectionString(host, socket, user, password, timeout));
        try
        {
            await connection.OpenAsync(cancel);
            return null;
        }
        catch (MySqlException e)
        {
            return e;
        }
    }

    /// <exception cref="MySqlException">It was refused.</exception>
    public async Task ExecuteAsync(string sql, CancellationToken cancel, string? password = null)
    {
        await using var command = new MySqlCommand(sql, _connection);
        if (password is not null)
            command.Parameters.AddWithValue("@password", password);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <exception cref="MySqlException">It was refused.</exception>
    public async Task<ImmutableArray<string>> ColumnAsync(string sql, CancellationToken cancel, int column = 0)
    {
        await using var command = new MySqlCommand(sql, _connection);
        await using MySqlDataReader reader = await command.ExecuteReaderAsync(cancel);
        var found = ImmutableArray.CreateBuilder<string>();
        while (await reader.ReadAsync(cancel))
            found.Add(Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture) ?? "");
        return found.ToImmutable();
    }

    /// <summary>Every account that can log in.</summary>
    /// <exception cref="CliFailure">The administrator may not see them.</exception>
    public async Task<ServerLogins> LoginsAsync(CancellationToken cancel)
    {
        try
        {
            var logins = new ServerLogins(Version, ReadOnly, SuperReadOnly, []);
            var names = new List<(string User, string Host)>();
            await using (var list = new MySqlCommand($"SELECT User, Host FROM mysql.user WHERE {(logins.Is.IsMariaDb ? "is_role" : "account_locked")} = 'N' ORDER BY User, Host", _connection))
            await using (MySqlDataReader reader = await list.ExecuteReaderAsync(cancel))
            {
                while (await reader.ReadAsync(cancel))
                    names.Add((reader.GetString(0), reader.GetString(1)));
            }

            var accounts = ImmutableArray.CreateBuilder<ServerAccount>();
            foreach ((string user, string from) in names)
            {
                var account = new ServerAccount(user, from, []);
                accounts.Add(account with { Rights = await RightsAsync(account, cancel) });
            }

            return logins with { Accounts = accounts.ToImmutable() };
        }
        catch (MySqlException e)
        {
            throw Failure(Name, "the accounts", e);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    internal static CliFailure Failure(string server, string what, MySqlException e) => new(ExitCodes.Refused, "server", $"ERROR: {server}, {what}: {e.Message}");

    private async Task<ImmutableSortedSet<string>> RightsAsync(ServerAccount account, CancellationToken cancel)
    {
        try
        {
            return [.. (await ColumnAsync($"SHOW GRANTS FOR {account}", cancel)).SelectMany(GrantLines.Global)];
        }
        catch (MySqlException e) when (e.ErrorCode == MySqlErrorCode.NonExistingGrant)
        {
            // Named in the table and not in use: MariaDB with skip_name_resolve lets nobody in by a host's name.
            return [];
        }
    }

    private static string ConnectionString(Host host, string? socket, string user, string password, TimeSpan timeout) => new MySqlConnectionStringBuilder
    {
        Server = socket ?? host.Ip,
        Port = (uint)host.MysqlPort,
        ConnectionProtocol = socket is null ? MySqlConnectionProtocol.Tcp : MySqlConnectionProtocol.Unix,
        UserID = user,
        Password = password,
        SslMode = MySqlSslMode.Preferred,
        Pooling = false,
        ConnectionTimeout = (uint)Math.Ceiling(timeout.TotalSeconds),
        DefaultCommandTimeout = (uint)Math.Ceiling(timeout.TotalSeconds),
        // As the agents and monitors log in: a server without TLS gets today's default kind of password encrypted with its own key.
        AllowPublicKeyRetrieval = true,
        AllowUserVariables = true,
        ApplicationName = "mmm",
    }.ConnectionString;
}
