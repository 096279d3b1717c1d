/** The shapes of projects, as they are asked for and answered. */
import { z } from 'zod';

export const projectParams = z.strictObject({ name: z.string().min(1).max(200) });

export const acknowledgeBody = z.strictObject({
  purpose: z.string().min(1).max(200),
  version: z.string().min(1).max(200).describe('Of the text that was read, as the project shows it.'),
});

export const acknowledgeAnswer = z.object({
  project: z.string(),
  purpose: z.string(),
  version: z.string(),
  acknowledged_at: z.string().describe('ISO 8601: when this version was acknowledged first.'),
});

const purpose = z.object({
  name: z.string(),
  text: z.string(),
  version: z.string().describe('Changes whenever the text does.'),
  acknowledged_at: z
    .string()
    .nullable()
    .describe('Null where the caller has yet to acknowledge this version.'),
});

const room = z.object({
  datasets: z.array(
    z.object({
      dataset: z.string(),
      min_group_size: z.number().int(),
      unit: z.string(),
      dimensions: z.array(z.string()).describe('What may be grouped by.'),
      measures: z.array(z.string()).describe('What may be summed.'),
      join_keys: z.array(z.string()),
      joins: z.array(z.string()),
      rule: z.string(),
    }),
  ),
  left: z
    .object({
      room: z.string(),
      queries: z.number().int().nullable().describe('Null for any number.'),
      epsilon: z.number().nullable(),
      until: z.string().describe('When the period ends.'),
    })
    .nullable()
    .describe("What is left of the caller's budget; null where there is none."),
});

export const projectAnswer = z.object({
  name: z.string(),
  label: z.string().nullable(),
  type: z.string(),
  owner: z.string().nullable(),
  maturity: z.string().nullable(),
  url: z.string().nullable(),
  description: z.string(),
  tags: z.array(z.string()),
  datasets: z.array(z.string()).describe('Those that the caller may know of.'),
  member: z.boolean().describe('Whether the caller may act in it.'),
  acting: z
    .object({
      purposes: z.array(purpose).describe('Where there are any, acting in the project needs one of them.'),
      equalised: z.boolean().describe('Whether every member sees the same.'),
      clean_room: room.nullable(),
    })
    .nullable()
    .describe('For members alone.'),
});

export const projectsAnswer = z.object({ projects: z.array(projectAnswer) });
