using Akka.Actor;
using Akka.Hosting;

namespace Mmm.Actors;

/// <summary>The actor that is registered at the moment of the question: Akka.Hosting's own goes on with the first one, also when another has taken its place.</summary>
public sealed class RegisteredNow<TKey>(IReadOnlyActorRegistry registry) : IRequiredActor<TKey>
{
    public IActorRef ActorRef => registry.Get<TKey>();

    public Task<IActorRef> GetAsync(CancellationToken cancellationToken = default) => registry.GetAsync<TKey>(cancellationToken);
}
