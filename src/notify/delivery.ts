/** Why a receiver did not take a letter, in words that hold no secret. */
export class DeliveryFailed extends Error {
  constructor(problem: string, options?: { readonly cause: unknown }) {
    super(problem, options);
    this.name = 'DeliveryFailed';
  }
}
