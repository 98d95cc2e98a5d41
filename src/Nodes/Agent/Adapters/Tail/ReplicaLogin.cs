using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Mmm.Shared.Agents;
using Mmm.Shared.Settings;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>
/// Lets a replica in that knows the replication login: the server's side of the handshake. The agent knows the password itself, so that both ways of proving it work without
/// TLS or RSA, and the password never travels. MySQL internals manual: "Connection Phase", "caching_sha2_password information" (fast path).
/// </summary>
/// <param name="login">replication_user.</param>
/// <param name="version">What is told as the server's version.</param>
/// <param name="certificate">For replicas that want TLS.</param>
internal sealed class ReplicaLogin(MysqlLogin login, string version, X509Certificate2 certificate)
{
    private const string Native = "mysql_native_password";
    private const string Sha2 = "caching_sha2_password";
    private const int SaltSize = 20;

    // LONG_PASSWORD, LONG_FLAG, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH, PLUGIN_AUTH_LENENC_CLIENT_DATA, SSL
    private const uint Capabilities = 0x1 | 0x4 | 0x8 | 0x200 | Ssl | 0x2000 | 0x8000 | 0x80000 | 0x200000;
    private const uint ConnectWithDb = 0x8;
    private const uint Ssl = 0x800;

    /// <summary>capabilities 4, largest packet 4, character set 1, filler 23: all of a request for TLS, and the beginning of every answer.</summary>
    private const int FixedPart = 32;
    private const uint PluginAuth = 0x80000;

    private readonly string _plugin = ServerVersion.Parse(version).IsMariaDb ? Native : Sha2;

    /// <returns>Null when the replica is let in; else why not, for the log.</returns>
    public async Task<string?> LetInAsync(PacketStream packets, uint connection, CancellationToken cancel)
    {
        byte[] salt = NewSalt();
        await packets.SendAsync(Greeting(salt, connection), cancel);
        await packets.FlushAsync(cancel);
        if (await packets.ReceiveAsync(cancel) is not { } answer)
            return "it said nothing";
        if (answer.Length == FixedPart && (BinaryPrimitives.ReadUInt32LittleEndian(answer) & Ssl) != 0)
        {
            await packets.EncryptAsync(certificate, cancel);
            if (await packets.ReceiveAsync(cancel) is not { } encrypted)
                return "it said nothing after TLS had begun";
            answer = encrypted;
        }

        if (!TryRead(answer, out string user, out byte[] proof, out string? plugin))
            return "its answer to the greeting is not of this protocol";
        if (plugin is not null && plugin != _plugin)
        {
            using var change = new MemoryStream();
            change.WriteByte(0xfe);
            change.Write(Encoding.ASCII.GetBytes(_plugin));
            change.WriteByte(0);
            change.Write(salt);
            change.WriteByte(0);
            await packets.SendAsync(change.ToArray(), cancel);
            await packets.FlushAsync(cancel);
            if (await packets.ReceiveAsync(cancel) is not { } again)
                return $"it does not know {_plugin}";
            proof = again;
        }

        byte[] wanted = _plugin == Native ? NativeProof(login.Password.Reveal(), salt) : Sha2Proof(login.Password.Reveal(), salt);
        // Both are looked at in any case: how long it takes does not tell which was wrong.
        bool known = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(user), Encoding.UTF8.GetBytes(login.User));
        bool proved = CryptographicOperations.FixedTimeEquals(wanted, proof);
        if (!known || !proved)
        {
            await packets.SendErrorAsync(1045, "28000", "Access denied: this agent lets only replication_user in, with its password", cancel);
            await packets.FlushAsync(cancel);
            return $"user '{Printable(user)}' or its password is wrong";
        }

        if (_plugin == Sha2 && proof.Length > 0)
            await packets.SendAsync(new byte[] { 1, 3 }, cancel);
        await packets.SendOkAsync(cancel);
        await packets.FlushAsync(cancel);
        return null;
    }

    internal static byte[] NativeProof(string password, ReadOnlySpan<byte> salt)
    {
        if (password.Length == 0)
            return [];
#pragma warning disable CA5350 // The protocol's own choice.
        byte[] once = SHA1.HashData(Encoding.UTF8.GetBytes(password));
        return Xor(once, SHA1.HashData([.. salt, .. SHA1.HashData(once)]));
#pragma warning restore CA5350
    }

    internal static byte[] Sha2Proof(string password, ReadOnlySpan<byte> salt)
    {
        if (password.Length == 0)
            return [];
        byte[] once = SHA256.HashData(Encoding.UTF8.GetBytes(password));
        return Xor(once, SHA256.HashData([.. SHA256.HashData(once), .. salt]));
    }

    /// <summary>A stranger's text, for the log.</summary>
    private static string Printable(string text) => text.Length <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '@') ? text : "…";

    private static byte[] Xor(byte[] a, byte[] b) => [.. a.Zip(b, (x, y) => (byte)(x ^ y))];

    /// <summary>Printable and without zero, as the protocol wants it.</summary>
    private static byte[] NewSalt()
    {
        byte[] salt = new byte[SaltSize];
        for (int i = 0; i < salt.Length; i++)
            salt[i] = (byte)RandomNumberGenerator.GetInt32(33, 127);
        return salt;
    }

    private byte[] Greeting(byte[] salt, uint connection)
    {
        using var body = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        body.WriteByte(10);
        // Replicas of MariaDB 10 know it by this prefix, as by its own servers.
        string told = ServerVersion.Parse(version) is { IsMariaDb: true, Number.Major: 10 } ? "5.5.5-" + version : version;
        body.Write(Encoding.ASCII.GetBytes(told));
        body.WriteByte(0);
        BinaryPrimitives.WriteUInt32LittleEndian(number, connection);
        body.Write(number);
        body.Write(salt.AsSpan(0, 8));
        body.WriteByte(0);
        BinaryPrimitives.WriteUInt32LittleEndian(number, Capabilities);
        body.Write(number[..2]);
        body.WriteByte(45);
        body.Write([2, 0]);
        body.Write(number[2..]);
        body.WriteByte(SaltSize + 1);
        body.Write(new byte[10]);
        body.Write(salt.AsSpan(8));
        body.WriteByte(0);
        body.Write(Encoding.ASCII.GetBytes(_plugin));
        body.WriteByte(0);
        return body.ToArray();
    }

    /// <summary>HandshakeResponse41.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> answer, out string user, out byte[] proof, out string? plugin)
    {
        (user, proof, plugin) = ("", [], null);
        if (answer.Length < FixedPart + 2)
            return false;
        uint capabilities = BinaryPrimitives.ReadUInt32LittleEndian(answer);
        ReadOnlySpan<byte> rest = answer[FixedPart..];
        if (!TryText(ref rest, out user) || rest.IsEmpty)
            return false;
        int length = rest[0];
        // Both forms have one byte here: no proof is 251 bytes or longer.
        if (length > 250 || rest.Length < 1 + length)
            return false;
        proof = rest.Slice(1, length).ToArray();
        rest = rest[(1 + length)..];
        if ((capabilities & ConnectWithDb) != 0 && !rest.IsEmpty && !TryText(ref rest, out _))
            return false;
        if ((capabilities & PluginAuth) != 0 && TryText(ref rest, out string named))
            plugin = named;
        return true;
    }

    private static bool TryText(ref ReadOnlySpan<byte> rest, out string text)
    {
        int end = rest.IndexOf((byte)0);
        if (end < 0)
        {
            text = "";
            return false;
        }

        text = Encoding.UTF8.GetString(rest[..end]);
        rest = rest[(end + 1)..];
        return true;
    }
}
