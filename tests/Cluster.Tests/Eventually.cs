using Xunit;

namespace Mmm.Cluster.Tests;

/// <summary>Waits for conditions, never for time to pass.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Returns as soon as <paramref name="condition"/> holds; fails with <paramref name="what"/> when it does not within the deadline.</summary>
    public static Task True(Func<bool> condition, string what, int seconds = 20) => True(() => Task.FromResult(condition()), what, seconds);

    /// <summary>As <see cref="True(Func{bool}, string, int)"/>.</summary>
    public static async Task True(Func<Task<bool>> condition, string what, int seconds = 20)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (!await condition())
        {
            if (deadline.IsCancellationRequested)
                Assert.Fail($"not within {seconds} s: {what}");
            await Task.Delay(s_poll);
        }
    }
}
