using System.Diagnostics;

namespace Mmm.Agent.Tests.Servers;

/// <summary>Waits for conditions, with a deadline and without guessing how long things take.</summary>
public static class Eventually
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(20);

    public static async Task TrueAsync(string what, TimeSpan deadline, Func<Task<bool>> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > deadline)
                throw new TimeoutException($"not within {deadline.TotalSeconds:0.#} s: {what}");
            await Task.Delay(s_interval);
        }
    }

    public static Task TrueAsync(string what, Func<bool> condition) => TrueAsync(what, TimeSpan.FromSeconds(15), () => Task.FromResult(condition()));

    public static Task TrueAsync(string what, Func<Task<bool>> condition) => TrueAsync(what, TimeSpan.FromSeconds(15), condition);
}
