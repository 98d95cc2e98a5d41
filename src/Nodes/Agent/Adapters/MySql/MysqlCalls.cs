using System.Collections.Concurrent;
using System.Collections.Immutable;
using Mmm.Actors.Agents;
using MySqlConnector;

namespace Mmm.Agent.Adapters.MySql;

/// <summary>
/// Runs calls to mysqld within deadlines. A call that does not even react to cancellation is left behind: a server that hangs must never hold
/// up more than the call that found it hanging.
/// </summary>
public sealed class MysqlCalls(MysqlEndpoint endpoint, TimeSpan statementTimeout) : IAsyncDisposable
{
    /// <summary>ER_NO_SUCH_THREAD.</summary>
    private const int NoSuchThread = 1094;

    /// <summary>Statements being ended on the server after their caller gave up.</summary>
    private readonly ConcurrentDictionary<Task, long> _endings = new();

    public MysqlConnections Connections { get; } = new(endpoint, statementTimeout);

    public MysqlEndpoint Endpoint => endpoint;

    /// <summary>Uses a new connection for one statement.</summary>
    /// <param name="what">What did not happen, should it fail: begins the sentence.</param>
    /// <param name="deadline">After this it counts as not answered.</param>
    /// <param name="use">The statement.</param>
    /// <param name="cancel">Ends it early.</param>
    public Task UseAsync(string what, TimeSpan deadline, Func<MysqlSession, CancellationToken, Task> use, CancellationToken cancel) =>
        ExplainedAsync(what, deadline, token => OnNewAsync(use, endIfUnfinished: false, token), cancel);

    /// <summary>As <see cref="UseAsync"/>, for a statement that waits on the server: given up, it is ended there as well, so that it cannot take effect later.</summary>
    public Task UseWaitingAsync(string what, TimeSpan deadline, Func<MysqlSession, CancellationToken, Task> use, CancellationToken cancel) =>
        ExplainedAsync(what, deadline, token => OnNewAsync(use, endIfUnfinished: true, token), cancel);

    /// <summary>Completes when no given-up statement is left on the server, or it is known that nothing can be done about it.</summary>
    public Task NothingLeftBehindAsync(CancellationToken cancel) => Task.WhenAll(_endings.Keys).WaitAsync(cancel);

    public Task EndConnectionsAsync(ImmutableArray<long> ids, CancellationToken cancel) => UseAsync(
        "client connections could not be ended", statementTimeout,
        async (session, token) =>
        {
            foreach (long id in ids)
                await EndOneAsync(session, id, token);
        },
        cancel);

    /// <summary>Runs a call until its deadline. Throws <see cref="MysqlDeadlineException"/> after it.</summary>
    public async Task<T> WithinAsync<T>(TimeSpan deadline, Func<CancellationToken, Task<T>> call, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(deadline);
        Task<T> running = call(limit.Token);
        try
        {
            return await running.WaitAsync(limit.Token);
        }
        catch (Exception e) when (limit.IsCancellationRequested && (e is OperationCanceledException || MysqlErrors.Is(e)))
        {
            _ = running.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            cancel.ThrowIfCancellationRequested();
            throw new MysqlDeadlineException($"mysqld at {endpoint} did not answer within {deadline.TotalSeconds:0.#} s");
        }
    }

    public ValueTask DisposeAsync() => Connections.DisposeAsync();

    private async Task ExplainedAsync(string what, TimeSpan deadline, Func<CancellationToken, Task<bool>> call, CancellationToken cancel)
    {
        try
        {
            await WithinAsync(deadline, call, cancel);
        }
        catch (MysqlDeadlineException e)
        {
            throw new MysqlDeadlineException($"{what}: {e.Message}");
        }
        catch (Exception e) when (MysqlErrors.Is(e))
        {
            throw new MysqlServerException($"{what}: {MysqlErrors.Sentence(e, endpoint)}");
        }
    }

    private async Task<bool> OnNewAsync(Func<MysqlSession, CancellationToken, Task> use, bool endIfUnfinished, CancellationToken cancel)
    {
        MysqlSession session = await Connections.OpenAsync(cancel);
        bool finished = false;
        try
        {
            await use(session, cancel);
            finished = true;
            return true;
        }
        finally
        {
            if (endIfUnfinished && !finished)
                EndLater(session.Id);
            session.Abandon();
        }
    }

    private void EndLater(long id)
    {
        Task ending = EndQuietlyAsync(id);
        if (!ending.IsCompleted && _endings.TryAdd(ending, id))
            ending.ContinueWith(t => _endings.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task EndQuietlyAsync(long id)
    {
        try
        {
            await EndConnectionsAsync([id], CancellationToken.None);
        }
        catch (MysqlServerException)
        {
            // A server that hangs cannot be told; the statement's own limits end it there, and the next look shows what it did.
        }
    }

    private static async Task EndOneAsync(MysqlSession session, long id, CancellationToken cancel)
    {
        try
        {
            await using MySqlCommand kill = session.Command(session.Dialect.EndConnection(id));
            await kill.ExecuteNonQueryAsync(cancel);
        }
        catch (MySqlException e) when (e.Number == NoSuchThread)
        {
            // It has gone by itself.
        }
    }
}
