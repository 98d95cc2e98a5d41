using System.Net;
using System.Text;
using System.Text.Json;
using Mmm.Lab.Processes;
using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Api;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>Wherever something can be read that a node has written or answers, no secret is in it.</summary>
[Collection(WithoutRootLabCollection.Name)]
public sealed class SecretTests(WithoutRootLab lab) : ProductTest(lab)
{
    private const string WrongToken = "wrong-token-q4Gm8bYz1c";

    [Fact]
    public async Task No_secret_is_in_a_log_an_answer_a_command_line_or_what_a_node_keeps()
    {
        await MakeNodesTalkAsync();

        var found = new List<string>();
        foreach (string file in Directory.EnumerateFiles(Lab.Paths.Logs))
            Look(found, file, await File.ReadAllBytesAsync(file, Stop));
        foreach (string folder in Lab.Plan.Hosts.SelectMany(h => (string[])[Lab.Paths.StateDir(h.Name, LabPrograms.Monitor), Lab.Paths.StateDir(h.Name, LabPrograms.Agent)]).Where(Directory.Exists))
        {
            // Locks are empty, and held.
            foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
                Look(found, file, await ReadSharedAsync(file));
        }

        foreach (KeeperProtocol.KeptState program in (await Lab.ProcessesAsync(Stop)).Where(p => p.Pid != 0))
            Look(found, $"the command line of {program.Key}", await File.ReadAllBytesAsync($"/proc/{program.Pid}/cmdline", Stop));
        int answers = 0;
        foreach (LabHost monitor in Lab.Plan.MonitorHosts)
        {
            foreach (string path in await RoutesAsync(monitor.Name))
            {
                (HttpStatusCode status, string body) = await Lab.Http.GetAsync(monitor.Name, path, Stop);
                answers += status == HttpStatusCode.OK ? 1 : 0;
                Look(found, $"{monitor.Name}{path}", Encoding.UTF8.GetBytes(body));
            }
        }

        foreach (string host in Databases)
        {
            foreach (string path in (string[])["/status", "/writer", "/reader", "/health", "/metrics"])
                Look(found, host + path, Encoding.UTF8.GetBytes((await Lab.Http.GetOfAgentAsync(host, path, Stop)).Body));
        }

        Assert.Empty(found);
        // The search finds what is there.
        Look(found, "the configuration", await File.ReadAllBytesAsync(Lab.Paths.CommonConfig, Stop));
        Assert.Equal(3 + WithoutRootLab.Secrets.Length, found.Count);
        // That there was something to look at: every route of three monitors, but for those that need more than names.
        Assert.True(answers > 60, $"only {answers} answers");
    }

    /// <summary>Everything that has to do with a secret once more: orders with a password in them, an event that cannot be delivered, a token that is refused.</summary>
    private async Task MakeNodesTalkAsync()
    {
        (string active, string other) = await MastersAsync();
        LogSince[] monitors = [.. Lab.Plan.MonitorHosts.Select(m => LogSince.Now(Lab.Paths, m.Name, LabPrograms.Monitor))];
        LogSince[] agents = [.. Databases.Select(d => LogSince.Now(Lab.Paths, d, LabPrograms.Agent))];
        await MmmAsync("move_role", "writer", other);
        await UntilFollows(active, other, 15);
        await UntilFollows("slave1", other, 15);
        await Until("an agent has pointed replication elsewhere", 15, () => Task.FromResult(agents.Any(a => a.With($"{Lab.Plan[other].Ip}").Length > 0)));
        await Until("it is told that the webhook does not answer", 30, () => Task.FromResult(monitors.Any(m => m.With("http://127.0.0.1:9", "ConnectionError").Length > 0)));
        string wrong = Path.Combine(Lab.Paths.Dir, "wrong-token");
        await File.WriteAllTextAsync(wrong, WrongToken, Stop);
        File.SetUnixFileMode(wrong, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        ToolResult refused = await Tool.RunAsync(
            [.. Lab.Inside.On("client"), Programs.Dotnet, new Programs(null).Control, "--monitors", $"{Lab.Plan["mon1"].Ip}:{LabPlan.HttpPort}", "--token-file", wrong, "show"],
            environment: new Dictionary<string, string> { ["MMM_TLS_CA"] = Path.Combine(Lab.Paths.Certificates, "ca.crt") }, ct: Stop);
        Assert.Equal(5, refused.ExitCode);
    }

    /// <summary>Every GET of a monitor, with the names of this lab in it.</summary>
    private async Task<IReadOnlyList<string>> RoutesAsync(string monitor)
    {
        (HttpStatusCode status, string body) = await Lab.Http.GetAsync(monitor, ApiPaths.OpenApi, Stop);
        Assert.Equal(HttpStatusCode.OK, status);
        using var document = JsonDocument.Parse(body);
        return
        [
            ApiPaths.OpenApi, "/api/v1/log?lines=2000",
            .. document.RootElement.GetProperty("paths").EnumerateObject().Where(p => p.Value.TryGetProperty("get", out _)).Select(p => p.Name
                .Replace("{cluster}", LabPlan.ClusterName, StringComparison.Ordinal).Replace("{host}", "master1", StringComparison.Ordinal).Replace("{role}", "writer", StringComparison.Ordinal)
                .Replace("{check}", "mysql", StringComparison.Ordinal).Replace("{name}", "server-probe", StringComparison.Ordinal)),
        ];
    }

    private void Look(List<string> found, string where, byte[] bytes)
    {
        LabSecrets s = Lab.Secrets;
        IEnumerable<string> keys = Directory.EnumerateFiles(Lab.Paths.Certificates, "*.key").Select(f => File.ReadLines(f).ElementAt(1));
        foreach (string secret in (string[])[s.Root, s.Monitor, s.Agent, s.Replication, s.App, s.HttpToken, WrongToken, .. WithoutRootLab.Secrets, .. keys])
        {
            if (bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0)
                found.Add($"{where}: {secret}");
        }
    }

    private static async Task<byte[]> ReadSharedAsync(string file)
    {
        try
        {
            await using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using MemoryStream all = new();
            await stream.CopyToAsync(all, Stop);
            return all.ToArray();
        }
        catch (FileNotFoundException)
        {
            // Replaced meanwhile.
            return [];
        }
    }
}
