using Akka.Actor;
using Akka.Hosting;

namespace Mmm.Actors;

/// <summary>Ask at the HTTP edge, the only place where it is used.</summary>
public static class RequiredActorAsk
{
    /// <summary>The answer; null when none came within the deadline, also because the actor is not registered yet (the node is starting).</summary>
    public static async Task<TAnswer?> AskWithin<TKey, TAnswer>(this IRequiredActor<TKey> required, object message, TimeSpan deadline, CancellationToken cancel)
        where TAnswer : class
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(deadline);
        try
        {
            IActorRef actor = await required.GetAsync(limit.Token);
            return await actor.Ask<TAnswer>(message, limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }
}
