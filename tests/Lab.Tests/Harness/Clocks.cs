namespace Mmm.Lab.Tests.Harness;

/// <summary>How far hosts' clocks are off, as their own programs show it.</summary>
internal static class Clocks
{
    /// <summary>Of a DB host's mysqld, seconds ahead of this machine; null when it does not answer.</summary>
    public static async Task<double?> ServerIsAheadAsync(this LabCluster lab, string host, CancellationToken ct) => await lab.Server(host).AnswersAsync(ct)
        ? double.Parse((await lab.Server(host).ScalarAsync("SELECT UNIX_TIMESTAMP(SYSDATE(6))", ct))!, System.Globalization.CultureInfo.InvariantCulture)
            - (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds
        : null;

    /// <summary>Of a monitor, seconds ahead of this machine; null when it does not answer.</summary>
    public static async Task<double?> MonitorIsAheadAsync(this LabCluster lab, string host, CancellationToken ct) =>
        await lab.Http.ClockAsync(host, ct) is { } at ? (at - TimeProvider.System.GetUtcNow()).TotalSeconds : null;
}
