using System.Collections.Concurrent;

namespace Mmm.Simulation.Running;

/// <summary>Many seeds, on all cores: each run is a world of its own.</summary>
internal sealed class Campaign(Profile? profile = null, Mutation mutation = Mutation.None)
{
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly List<double> _recoveries = [];
    private int _done, _failovers, _runsWithFailover;

    /// <summary>By seed: what was broken.</summary>
    public ConcurrentDictionary<int, string> Failures { get; } = new();

    public int Done => _done;

    public int Failovers => _failovers;

    /// <param name="from">First seed.</param>
    /// <param name="seeds">How many.</param>
    /// <param name="progress">Told now and then how many are done.</param>
    /// <param name="stopAt">Ends early once so many have failed.</param>
    /// <param name="until">Ends early once this is true.</param>
    public void Run(int from, int seeds, Action<int>? progress = null, int stopAt = 20, Func<bool>? until = null) => Parallel.ForEach(
        // One by one in order, so that when it ends early the lowest seed that fails is among those that were run.
        Partitioner.Create(Enumerable.Range(from, seeds), EnumerablePartitionerOptions.NoBuffering),
        new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (seed, loop) =>
        {
            var world = new World(seed, profile, mutation);
            if (world.Run() is { } violation)
            {
                Failures[seed] = violation;
                if (Failures.Count >= stopAt)
                    loop.Stop();
            }

            Add(world);
            if (until?.Invoke() == true)
                loop.Stop();
            if (Interlocked.Increment(ref _done) % 50 == 0 && progress is not null)
            {
                lock (_lock)
                    progress(_done);
            }
        });

    public static string Replay(int seed, Profile? profile, Mutation mutation) =>
        $"dotnet run --project tests/Simulation -c Release -- --seed {seed} --trace"
        + (profile is null ? "" : $" --profile {profile.Name.Replace(' ', '-')}") + (mutation == Mutation.None ? "" : $" --mutation {mutation}");

    public string Summary(TimeSpan took)
    {
        double[] recoveries = [.. _recoveries.Order()];
        string rest = recoveries.Length == 0 ? "none" : $"median {recoveries[recoveries.Length / 2]:0.0} s, 99 % {recoveries[recoveries.Length * 99 / 100]:0.0} s, longest {recoveries[^1]:0.0} s";
        return $"""
            {_done} seeds in {took.TotalSeconds:0.0} s, {_done / took.TotalSeconds:0} per second
            effective failovers: {_failovers} (in {_runsWithFailover} runs); rest after the faults: {rest}
            counted: {string.Join(", ", _counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key} {c.Value}"))}
            {(Failures.IsEmpty ? "nothing was broken" : string.Join('\n', Failures.OrderBy(f => f.Key).Take(20).Select(f => $"seed {f.Key}: {f.Value}\n  {Replay(f.Key, profile, mutation)}")))}
            """;
    }

    private void Add(World world)
    {
        foreach ((string what, int n) in world.Counts)
            _counts.AddOrUpdate(what, n, (_, known) => known + n);
        lock (_lock)
        {
            _failovers += world.Judge.Failovers;
            _runsWithFailover += world.Judge.Failovers > 0 ? 1 : 0;
            if (world.Recovery is { } r)
                _recoveries.Add(r.TotalSeconds);
        }
    }
}
