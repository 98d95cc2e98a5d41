using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.TheLab;

/// <summary>A lab whose programs have users of their own, where it cannot be made.</summary>
public sealed class ProgramUsersTests : IDisposable
{
    private readonly DirectoryInfo _closed = Directory.CreateTempSubdirectory("mmm-closed-");

    public void Dispose() => _closed.Delete(recursive: true);

    [Fact]
    public async Task Programs_that_their_users_cannot_reach_are_told_of_and_nothing_is_left()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become somebody else");
        Programs built = new(null);
        Directory.CreateSymbolicLink(Path.Combine(_closed.FullName, "Monitor"), Path.GetDirectoryName(built.Monitor)!);
        Directory.CreateSymbolicLink(Path.Combine(_closed.FullName, "Agent"), Path.GetDirectoryName(built.Agent)!);
        LabOptions options = new() { Name = LabFixture.UniqueName(), Unprivileged = true, Programs = _closed.FullName };

        LabException refused = await Assert.ThrowsAsync<LabException>(() => LabLifecycle.UpAsync(options, _ => { }, ct: TestContext.Current.CancellationToken));

        Assert.Contains($"mysql cannot reach {_closed.FullName}/Monitor/mmm-monitor.dll. Open the folders above it (chmod o+x)", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(LabPaths.Of(options.Name).Dir));
    }

    [Fact]
    public void They_have_no_clocks_of_their_own() =>
        Assert.Contains("no clocks of their own", new LabOptions { Unprivileged = true, Clocks = true }.Problem(), StringComparison.Ordinal);
}
