using Mmm.Lab.Processes;
using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.TheLab;

/// <summary>The lab of a user who is not root, run as nobody: through the command line, from a copy of the programs that nobody may read.</summary>
public sealed class UnprivilegedTests : IAsyncLifetime
{
    private const string Nobody = "65534";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private readonly string _name = LabFixture.UniqueName();
    private readonly string _home = Directory.CreateTempSubdirectory("mmm-nb-").FullName;

    private string Labs => Path.Combine(_home, "labs");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become nobody");
        Programs built = new(null);
        foreach (string dll in (string[])[Programs.Lab, built.Monitor, built.Agent, built.Control])
            await Tool.RunOrThrowAsync(["cp", "-r", "--no-dereference", Path.GetDirectoryName(dll)!, Path.Combine(_home, Path.GetFileNameWithoutExtension(dll))], ct: Stop);
        Directory.CreateDirectory(Labs);
        await Tool.RunOrThrowAsync(["chown", "-R", $"{Nobody}:{Nobody}", _home], ct: Stop);
        Assert.SkipUnless((await AsNobodyAsync(Programs.Dotnet, "--list-runtimes")).ExitCode == 0, $"nobody may not run {Programs.Dotnet}");
    }

    public async ValueTask DisposeAsync()
    {
        if (Directory.Exists(Labs) && Directory.EnumerateFileSystemEntries(Labs).Any())
            await LabAsync("down");
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task A_user_without_rights_runs_a_whole_lab_or_is_told_what_is_missing()
    {
        bool allowed = (await AsNobodyAsync("unshare", "--user", "--map-root-user", "--net", "true")).ExitCode == 0;

        ToolResult up = await LabAsync("up", "--monitors", "1", "--slaves", "0", "--no-forward");

        if (!allowed)
        {
            AssertToldWhy(up);
            return;
        }

        Assert.True(up.ExitCode == 0, up.Output + up.Errors);
        ToolResult shown = await LabAsync("mmm", "show");
        Assert.Contains("master1(10.77.0.11) master/ONLINE. Roles: ", shown.Output, StringComparison.Ordinal);
        Assert.Contains("writer(10.77.0.100)", shown.Output, StringComparison.Ordinal);
        ToolResult down = await LabAsync("down");
        Assert.True(down.ExitCode == 0, down.Output + down.Errors);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Labs));
    }

    [Fact]
    public async Task Where_user_namespaces_are_forbidden_up_says_so_and_leaves_nothing()
    {
        string unshare = Path.Combine(_home, "unshare");
        await File.WriteAllTextAsync(unshare, "#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n", Stop);
        File.SetUnixFileMode(unshare, (UnixFileMode)0b111_101_101);

        AssertToldWhy(await LabAsync("up", "--bare", "--slaves", "0"));
    }

    private void AssertToldWhy(ToolResult up)
    {
        Assert.Equal(1, up.ExitCode);
        Assert.StartsWith("ERROR: The lab could not make its namespaces (unshare: ", up.Errors, StringComparison.Ordinal);
        Assert.Contains("allow user namespaces for ordinary users", up.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Labs));
    }

    private Task<ToolResult> LabAsync(params string[] arguments) =>
        AsNobodyAsync([Programs.Dotnet, Path.Combine(_home, "mmm-lab/mmm-lab.dll"), .. arguments, "--name", _name, .. arguments[0] == "up" ? ["--programs", _home] : Array.Empty<string>()]);

    private Task<ToolResult> AsNobodyAsync(params string[] command) => Tool.RunAsync(
        ["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "env", "HOME=" + _home, "MMM_LAB_ROOT=" + Labs, $"PATH={_home}:{Environment.GetEnvironmentVariable("PATH")}", .. command],
        timeout: TimeSpan.FromMinutes(5), ct: Stop);
}
