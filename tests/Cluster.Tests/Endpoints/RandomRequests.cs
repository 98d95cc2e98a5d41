using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Mmm.Cluster.Tests.Endpoints;

/// <summary>Requests of whoever means no good, from a seed: odd methods and paths, headers, bodies of every wrong kind, cut off anywhere, or no HTTP at all.</summary>
/// <param name="seed">The same one makes the same requests.</param>
/// <param name="paths">Paths there are.</param>
/// <param name="token">Sent with every request; null = now and then a wrong one.</param>
internal sealed partial class RandomRequests(int seed, IReadOnlyList<string> paths, string? token)
{
    private static readonly string[] s_methods = ["GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND", "G\0T", new string('M', 9000), ""];

    private static readonly string[] s_pieces =
    [
        "..", "../", "/../../../../../../etc/passwd", "%2e%2e%2f", "%2e%2e/%2e%2e/", "..%5c", "%00", "%0d%0aX-Injected:%20yes", "%", "%zz", "%ff%fe", "%c0%af", "//", "\\", ";a=b", "*", "{cluster}", "~root", "C1", "db1",
        "alive", "%F0%9F%90%AC", "\u00e9", " ", "\t", "?", "#", "&limit=99999999999999999999", "?limit=-1&after=x&before=y", "?lag=1e9s", "'\"<script>",
    ];

    private static readonly string[] s_values =
    [
        "", "*/*", "text/event-stream", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "gzip, deflate, br", "100-continue", "chunked", "keep-alive, Upgrade", "h2c", "0", "-1",
        "99999999999999999999", "bytes=0-", "http://evil.example", "null", "127.0.0.1", "evil.example", "\u00ff\u00fe", "a,b,,c", "%s%n", "3@mon2.x/7", "Bearer", "Bearer wrong", "Basic YWRtaW46YWRtaW4=",
    ];

    private static readonly string[] s_names =
    [
        "Accept", "Accept-Encoding", "Authorization", "Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Expect", "Connection", "Upgrade", "Host", "Origin", "Referer", "Cookie", "Range",
        "If-None-Match", "X-Forwarded-For", "X-Forwarded-Proto", "X-HTTP-Method-Override", "X-Original-URL", "Last-Event-ID", "Idempotency-Key", "X\0Y", "", "Sec-WebSocket-Key", "Trailer", "TE", "Forwarded",
    ];

    private static readonly string[] s_bodies =
    [
        "{", "null", "[]", "{}", "{\"id\":1}", "{\"id\":\"x\",\"verb\":\"move_role\",\"arguments\":[null]}", "{\"id\":\"x\",\"verb\":\"no_such\",\"arguments\":[\"writer\",\"../..\"]}", "{\"verb\":\"set_active\"",
        "{\"id\":\"\\u0000\",\"verb\":\"set_active\"}", "{\"id\":\"x\",\"verb\":\"set_active\",\"by\":\"\\ud800\"}", "address=akka.tcp://mmm@6.6.6.6:1", "operation=leave", "operation=%00&operation=x", "\u00ff\u00fe\u0000", "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n",
    ];

    private static readonly string[] s_usualMethods = ["GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD"];

    private readonly Random _random = new(seed);

    /// <summary>The last one that was made is a request that a server can answer without waiting for more.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The next one, as it goes through the socket.</summary>
    public byte[] Next()
    {
        IsWhole = false;
        if (_random.Next(12) == 0)
            return Rubbish(_random.Next(1, 2000));
        // Half of them are odd in their bodies only, or nothing would get past the first look at the rest.
        bool isUsual = _random.Next(2) == 0;
        var head = new StringBuilder().Append(Of(isUsual ? s_usualMethods : s_methods)).Append(' ').Append(isUsual ? Of(paths) : Path()).Append(' ').Append(!isUsual && _random.Next(15) == 0 ? Of(["HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "HTP", ""]) : "HTTP/1.1").Append("\r\n");
        if (isUsual || _random.Next(15) != 0)
            head.Append("Host: ").Append(!isUsual && _random.Next(10) == 0 ? Of(s_values) : "127.0.0.1").Append("\r\n");
        if (token is not null)
            head.Append("Authorization: Bearer ").Append(token).Append("\r\n");
        for (int i = isUsual ? 0 : _random.Next(5); i > 0; i--)
            head.Append(Of(s_names)).Append(": ").Append(_random.Next(40) == 0 ? new string('v', _random.Next(70_000)) : Of(s_values)).Append("\r\n");
        byte[] body = Body();
        bool isFramed = body.Length == 0;
        if (body.Length > 0 || _random.Next(5) == 0)
        {
            head.Append("Content-Type: ").Append(_random.Next(3) == 0 ? Of(s_values) : "application/json").Append("\r\n");
            bool isChunked = _random.Next(6) == 0, tells = _random.Next(6) != 0;
            int length = _random.Next(8) == 0 ? _random.Next(-1, 100_000) : body.Length;
            if (isChunked)
                head.Append("Transfer-Encoding: chunked\r\n");
            if (tells)
                head.Append("Content-Length: ").Append(length).Append("\r\n");
            isFramed = !isChunked && tells && length == body.Length;
        }

        head.Append("Connection: close\r\n\r\n");
        byte[] whole = [.. Encoding.Latin1.GetBytes(head.ToString()), .. body];
        if (_random.Next(8) == 0)
            return whole[.._random.Next(whole.Length)];
        IsWhole = isUsual && isFramed;
        return whole;
    }

    /// <summary>Where it comes from: one of many addresses of this machine, as one alone would be told to slow down.</summary>
    public IPAddress From() => new([127, (byte)_random.Next(1, 250), (byte)_random.Next(250), (byte)_random.Next(2, 250)]);

    /// <summary>Sends it, and ends its half of the connection when it is not whole.</summary>
    /// <returns>The answer, or as much of it as comes soon; empty when the connection was cut.</returns>
    public static async Task<string> SendAsync(byte[] request, bool isWhole, IPAddress from, int port, CancellationToken stop)
    {
        using var client = new TcpClient(new IPEndPoint(from, 0));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        var answer = new MemoryStream();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
            await client.Client.SendAsync(request, limit.Token);
            byte[] buffer = new byte[16_384];
            // Whoever ends its half takes the answer back that is being made; but the server waits for the rest of one that has announced more than it sends.
            if (!isWhole)
                client.Client.Shutdown(SocketShutdown.Send);
            while (answer.Length < 1_000_000 && await client.Client.ReceiveAsync(buffer, limit.Token) is > 0 and var length)
            {
                answer.Write(buffer, 0, length);
                // A stream of events has no end.
                if (Encoding.Latin1.GetString(answer.ToArray()).Contains("text/event-stream", StringComparison.Ordinal))
                    break;
            }
        }
        catch (SocketException)
        {
            // Cut off while it was still sending: what has come counts.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }

    /// <summary>Its HTTP status; null = there is none.</summary>
    public static int? StatusOf(string answer) => StatusLine().Match(answer) is { Success: true } line ? int.Parse(line.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : null;

    /// <summary>What no answer may hold, whatever was asked; null = nothing of it.</summary>
    public static string? Leak(string answer, params IEnumerable<string> secrets) =>
        secrets.Concat([AppContext.BaseDirectory.TrimEnd('/'), "root:x:0:", "   at ", ".cs:line", "StackTrace", "Exception", "\nX-Injected: yes"]).FirstOrDefault(s => answer.Contains(s, StringComparison.Ordinal));

    private string Path()
    {
        var path = new StringBuilder(Of(paths));
        for (int i = _random.Next(4); i > 0; i--)
            path.Insert(_random.Next(3) == 0 ? _random.Next(path.Length + 1) : path.Length, (_random.Next(2) == 0 ? "/" : "") + Of(s_pieces));
        if (_random.Next(25) == 0)
            path.Append(new string('p', _random.Next(20_000)));
        if (_random.Next(25) == 0)
            path.Insert(0, "http://evil.example");
        return path.ToString();
    }

    private byte[] Body() => _random.Next(6) switch
    {
        0 => Encoding.UTF8.GetBytes(Of(s_bodies)),
        1 => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(_random.Next(2) == 0 ? "[" : "{\"id\":", _random.Next(1, 2500)))),
        2 when _random.Next(4) == 0 => Encoding.UTF8.GetBytes($$"""{"id":"x","verb":"set_active","arguments":["{{new string('a', _random.Next(60_000))}}"]}"""),
        3 => Rubbish(_random.Next(400)),
        _ => [],
    };

    private byte[] Rubbish(int length)
    {
        byte[] bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string Of(IReadOnlyList<string> choices) => choices[_random.Next(choices.Count)];

    [GeneratedRegex("^HTTP/1\\.[01] ([0-9]{3}) ")]
    private static partial Regex StatusLine();
}
